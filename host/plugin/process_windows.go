package plugin

import (
	"os/exec"
	"syscall"
)

// attributes put the process into a group of its own, which Ctrl-C does not reach.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP, HideWindow: true}
}

// reap waits for the process to end, then calls bury.
func reap(cmd *exec.Cmd, bury func()) error {
	err := cmd.Wait()
	bury()
	return err
}

func killGroup(cmd *exec.Cmd) { cmd.Process.Kill() }
