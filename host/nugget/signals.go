package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ signal syscall.Signal }

func (i *interrupted) Error() string {
	return fmt.Sprintf("ended by a signal: %v", i.signal)
}

// code is the exit code by the shells' convention.
func (i *interrupted) code() int { return 128 + int(i.signal) }

// untilSignal returns a context that the first signal ends, so that whoever works
// cleans up and returns. The second calls atOnce, which must not return. A signal
// that was ignored when the program started, as nohup does, stays ignored.
func untilSignal(parent context.Context, atOnce func(*interrupted)) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	done := make(chan struct{})
	go func() {
		first := true
		for {
			select {
			case s := <-signals:
				i := &interrupted{s.(syscall.Signal)}
				if !first {
					atOnce(i)
				}
				first = false
				cancel(i)
			case <-done:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}
