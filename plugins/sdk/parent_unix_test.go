//go:build unix

package sdk_test

import (
	"syscall"
	"testing"
	"time"
)

func TestServeEndsWhenItsParentIsGone(t *testing.T) {
	pid := killHost(t)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if syscall.Kill(pid, 0) == syscall.ESRCH {
			return
		}
		if time.Now().After(deadline) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("the plugin runs 5 s after its host was killed")
		}
	}
}
