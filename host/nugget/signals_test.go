//go:build unix

package main

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"
)

func TestTheSecondSignalEndsAtOnce(t *testing.T) {
	second := make(chan *interrupted, 1)
	ctx, stop := untilSignal(context.Background(), func(i *interrupted) { second <- i })
	defer stop()
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the first signal does not end the context")
	}
	var cause *interrupted
	if !errors.As(context.Cause(ctx), &cause) || cause.code() != 143 {
		t.Errorf("cause %v", context.Cause(ctx))
	}
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case i := <-second:
		if i.code() != 130 {
			t.Errorf("code %d, want 130", i.code())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the second signal does nothing")
	}
}
