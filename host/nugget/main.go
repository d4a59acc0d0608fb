// Command nugget hands what a large language model knows about a task to a smaller
// one, as a PEFT adapter.
//
// main.go starts and ends the program; every command is in a file of its own; tui.go
// has the rules of the user interface.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/plugin"
	"github.com/neuralnuggets/nugget/host/timing"
)

func main() { os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr)) }

// app is one run of the program.
type app struct {
	stdin  io.Reader
	stdout results
	ui     *terminal
	staged staging
	clock  *timing.Clock           // what --verbose shows at the end; nil: nothing
	run    atomic.Pointer[keptRun] // nil: nothing of an interrupted command would be kept
}

// run is the program; it returns the exit code. However it ends, no plugin runs and
// nothing half-written is left.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: newResults(stdout), ui: newTerminal(stderr)}
	defer plugin.Cleanup()
	ctx, stop := untilSignal(context.Background(), a.endAtOnce)
	defer stop()
	err := a.guarded(func() error { return a.cli().RunContext(ctx, args) })
	if written := a.stdout.finish(); err == nil {
		err = written
	}
	return a.exitCode(ctx, err)
}

// guarded turns a panic into an error. What was in progress has then cleaned up.
func (a *app) guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = hint.With(fmt.Errorf("internal error: %v", p), "this is a bug of nugget: please report it, with the lines below")
			a.ui.error(err)
			a.ui.setStatus("")
			a.ui.out.Write(debug.Stack())
			err = errReported
		}
	}()
	return f()
}

// errReported is an error that the user has been told of.
var errReported = errors.New("reported")

// exitCode tells the user of err, and says what the program ends with.
func (a *app) exitCode(ctx context.Context, err error) int {
	var cause *interrupted
	var usage *usageError
	var noHelp cli.ExitCoder
	a.ui.setStatus("")
	if err != nil {
		defer func() { a.ui.hint(a.run.Load().hint()) }()
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return 1
	case errors.As(context.Cause(ctx), &cause):
		a.ui.error(cause)
		return cause.code()
	case errors.As(err, &usage):
		a.ui.error(err)
		return 2
	case errors.As(err, &noHelp): // help on what isn't there
		a.ui.error(&usageError{"there is no help on that", "nugget --help lists the commands"})
		return 2
	}
	a.ui.error(err)
	return 1
}

// endAtOnce ends the program without waiting for what is in progress.
func (a *app) endAtOnce(i *interrupted) {
	a.ui.setStatus("")
	a.ui.error(i)
	a.ui.hint(a.run.Load().hint())
	a.staged.removeAll()
	ended := make(chan struct{})
	go func() { defer close(ended); plugin.Cleanup() }()
	select {
	case <-ended:
	case <-time.After(time.Second): // the rest end by themselves when their host is gone
	}
	os.Exit(i.code())
}

// cli describes the command line.
func (a *app) cli() *cli.App {
	return &cli.App{
		Name:      "nugget",
		Usage:     "knowledge of a large language model, as a LoRA adapter for a small one",
		UsageText: "nugget COMMAND [flags] [arguments]",
		Commands: withExamples([]*cli.Command{
			a.transferCommand(),
			a.inspectCommand(),
			a.reportCommand(),
			a.scoreCommand(),
			a.trainCommand(),
			a.evalCommand(),
			a.generateCommand(),
			a.verifyCommand(),
			a.convertCommand(),
			a.mergeCommand(),
			a.tokenizeCommand(),
			a.pluginsCommand(),
			a.backendsCommand(),
			a.completionCommand(),
			a.manCommand(),
			a.versionCommand(),
			helpCommand(),
			a.completeCommand(),
		}, ""),
		Flags:                     []cli.Flag{cli.HelpFlag},
		Writer:                    a.stdout,
		ErrWriter:                 a.ui.out,
		Action:                    unknownCommand,
		OnUsageError:              onUsageError,
		ExitErrHandler:            func(*cli.Context, error) {}, // run does
		HideVersion:               true,
		CustomAppHelpTemplate:     appHelp,
		DisableSliceFlagSeparator: true, // a comma may be part of a path
	}
}
