//go:build unix && !linux

package plugin

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes put the process into a group of its own, which the terminal's signals
// do not reach.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// reap waits for the process to end, then calls bury: the id is free by then, but no
// system gives an id away so soon.
func reap(cmd *exec.Cmd, bury func()) error {
	err := cmd.Wait()
	bury()
	return err
}

// killGroup kills the process and what it started.
func killGroup(cmd *exec.Cmd) { unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
