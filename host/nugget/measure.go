package main

import (
	"fmt"
	"os"
	"runtime/pprof"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/host/timing"
)

// measured wraps a command that runs a model: with --verbose a table says in the end
// where the time went, with --profile a file does.
func (a *app) measured(action cli.ActionFunc) cli.ActionFunc {
	return a.does(func(c *cli.Context) error {
		if a.ui.verbose {
			a.clock = timing.Start()
		}
		var p *profile
		if path := c.String("profile"); path != "" {
			var err error
			if p, err = a.newProfile(path, c.Bool("force")); err != nil {
				return err
			}
			defer p.abandon()
		}
		if err := action(c); err != nil {
			return err
		}
		if a.clock != nil {
			a.showTimes(a.clock.Table())
		}
		return p.finish()
	})
}

// showTimes prints a phase a line: wall time, its share, and processor time.
func (a *app) showTimes(parts []timing.Spent) {
	whole := timing.Spent{Phase: "all"}
	for _, s := range parts {
		whole.Wall += s.Wall
		whole.CPU += s.CPU
	}
	a.ui.detail(fmt.Sprintf("%-9s %9s %6s %9s", "phase", "wall", "share", "CPU"))
	for _, s := range append(parts, whole) {
		share := percent(float64(s.Wall) / float64(max(whole.Wall, 1)))
		a.ui.detail(fmt.Sprintf("%-9s %8.2fs %6s %8.2fs", s.Phase, s.Wall.Seconds(), share, s.CPU.Seconds()))
	}
}

// profile is --profile's file, and what is being written to it.
type profile struct {
	*output
	file *os.File
}

func (a *app) newProfile(path string, force bool) (*profile, error) {
	out, err := a.staged.newFile(path, force)
	if err != nil {
		return nil, err
	}
	p := &profile{output: out}
	if p.file, err = os.Create(out.new()); err == nil {
		err = pprof.StartCPUProfile(p.file)
	}
	if err != nil {
		p.abandon()
		return nil, err
	}
	return p, nil
}

func (p *profile) finish() error {
	if p == nil {
		return nil
	}
	pprof.StopCPUProfile()
	if err := p.file.Close(); err != nil {
		return err
	}
	return p.commit()
}

func (p *profile) abandon() {
	if p.file != nil {
		pprof.StopCPUProfile()
		p.file.Close()
	}
	p.output.abandon()
}
