package plugin

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes put the process into a group of its own, which the terminal's signals
// do not reach, and have the kernel end it with the host.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// reap waits for the process to end and calls bury before it is reaped: until then
// nobody else gets its id, so that its group can be killed without a race.
func reap(cmd *exec.Cmd, bury func()) error {
	for unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	bury()
	return cmd.Wait()
}

// killGroup kills the process and what it started.
func killGroup(cmd *exec.Cmd) { unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
