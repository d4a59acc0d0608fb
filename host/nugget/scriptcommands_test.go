package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

type scriptCommand = func(ts *testscript.TestScript, neg bool, args []string)

// scriptCommands are the scripts' own commands.
func scriptCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"status":        status,
		"copydir":       copyDir,
		"cut":           cut,
		"repeat":        repeat,
		"head":          head,
		"setconfig":     setConfig,
		"tensor":        tensor,
		"lora":          lora,
		"renametensors": renameTensors,
		"waitfor":       waitFor,
		"signal":        sendSignal,
		"exitcode":      exitCode,
		"empty":         empty,
		"only":          only,
		"train":         train,
		"noprocess":     noProcess,
		"readme":        readme,
		"capture":       capture,
		"walk":          walk,
		"respell":       respell,
		"examples":      runExamples,
	}
}

func expect(ts *testscript.TestScript, neg bool, args []string, n int, usage string) {
	if neg || len(args) != n {
		ts.Fatalf("usage: %s", usage)
	}
}

// status CODE PROGRAM ARGUMENT... wants an exit code.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE PROGRAM [ARGUMENT...]")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got := strconv.Itoa(code); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// copydir FROM TO copies a folder's files, so that they can be changed.
func copyDir(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 2, "copydir FROM TO")
	to := ts.MkAbs(args[1])
	ts.Check(os.MkdirAll(to, 0o777))
	files, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	for _, f := range files {
		if !f.IsDir() {
			raw := ts.ReadFile(filepath.Join(args[0], f.Name()))
			ts.Check(os.WriteFile(filepath.Join(to, f.Name()), []byte(raw), 0o666))
		}
	}
}

// cut FILE N takes the last N bytes away.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 2, "cut FILE N")
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), int64(len(ts.ReadFile(args[0]))-n)))
}

// respell FILE FROM TO replaces a word by one of the same length, wherever it is.
func respell(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 3, "respell FILE FROM TO")
	raw := ts.ReadFile(args[0])
	if len(args[1]) != len(args[2]) || !strings.Contains(raw, args[1]) {
		ts.Fatalf("%s has no %s, or %s is of another length", args[0], args[1], args[2])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(raw, args[1], args[2])), 0o666))
}

// repeat FILE N TO writes a file N times.
func repeat(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 3, "repeat FILE N TO")
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Repeat(ts.ReadFile(args[0]), n)), 0o666))
}

// head FILE N TO writes a file's first N lines.
func head(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 3, "head FILE N TO")
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	lines := strings.SplitAfter(ts.ReadFile(args[0]), "\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Join(lines[:min(n, len(lines))], "")), 0o666))
}

// waitfor PATTERN waits until a file exists.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 1, "waitfor PATTERN")
	eventually(ts, func() string {
		found, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		if len(found) == 0 {
			return args[0] + " does not appear"
		}
		return ""
	})
}

// signal NAME sends a signal to the one background process.
func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 1, "signal INT|TERM|HUP|KILL")
	running := ts.BackgroundCmds()
	if len(running) != 1 {
		ts.Fatalf("%d processes in the background, want 1", len(running))
	}
	ts.Check(running[0].Process.Signal(signalNamed(ts, args[0])))
}

func signalNamed(ts *testscript.TestScript, name string) syscall.Signal {
	signals := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL}
	s, ok := signals[name]
	if !ok {
		ts.Fatalf("unknown signal %s", name)
	}
	return s
}

// exitcode CODE SIGNAL PATTERN PROGRAM ARGUMENT... sends a signal as soon as a file
// exists, and wants an exit code.
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: exitcode CODE SIGNAL PATTERN PROGRAM ARGUMENT...")
	}
	program, err := exec.LookPath(args[3])
	ts.Check(err)
	cmd := exec.Command(program, args[4:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = scriptEnv(ts)
	ts.Check(cmd.Start())
	waitFor(ts, false, args[2:3])
	ts.Check(cmd.Process.Signal(signalNamed(ts, args[1])))
	cmd.Wait()
	if got := strconv.Itoa(cmd.ProcessState.ExitCode()); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// scriptEnv is the environment of a program that a script's own command starts.
func scriptEnv(ts *testscript.TestScript) []string {
	return append(os.Environ(), "NUGGET_PLUGIN_PATH="+ts.Getenv("NUGGET_PLUGIN_PATH"), "XDG_CACHE_HOME="+ts.Getenv("XDG_CACHE_HOME"), "GOMLX_BACKEND=go")
}

// empty DIR wants a folder without any entry, hidden ones included.
func empty(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 1, "empty DIR")
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(entries) > 0 {
		ts.Fatalf("%s has %v", args[0], entries)
	}
}

// only NAME... wants no other entry in the script's folder.
func only(ts *testscript.TestScript, neg bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs("."))
	ts.Check(err)
	for _, e := range entries {
		if !slices.Contains(args, e.Name()) {
			ts.Fatalf("there is %s too", e.Name())
		}
	}
}

// noprocess PREFIX waits until no process runs whose command line begins with a
// prefix.
func noProcess(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 1, "noprocess PREFIX")
	eventually(ts, func() string {
		for _, line := range commandLines(ts) {
			if strings.HasPrefix(line, args[0]) {
				return "still runs: " + line
			}
		}
		return ""
	})
}

// commandLines are those of all processes.
func commandLines(ts *testscript.TestScript) []string {
	if _, err := os.Stat("/proc/self/cmdline"); err == nil {
		var lines []string
		files, err := filepath.Glob("/proc/[0-9]*/cmdline")
		ts.Check(err)
		for _, f := range files {
			if raw, err := os.ReadFile(f); err == nil {
				lines = append(lines, strings.ReplaceAll(string(raw), "\x00", " "))
			}
		}
		return lines
	}
	out, err := exec.Command("ps", "-axww", "-o", "args=").Output()
	ts.Check(err)
	return strings.Split(string(out), "\n")
}

// eventually waits until problem has none.
func eventually(ts *testscript.TestScript, problem func() string) {
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		p := problem()
		if p == "" {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s", p)
		}
	}
}
