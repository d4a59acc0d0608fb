package main

import (
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"github.com/neuralnuggets/nugget/host/timing"
)

// profile begins to write a profile of the processors' time; "": nothing is.
func (a *app) profile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		f.Close()
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
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
		a.ui.detail(fmt.Sprintf("%-9s %8.2fs %6s %8.2fs", s.Phase, s.Wall.Seconds(), percent(float64(s.Wall)/float64(max(whole.Wall, 1))), s.CPU.Round(10*time.Millisecond).Seconds()))
	}
}
