package sdk

import (
	"os"

	"golang.org/x/sys/windows"
)

// watchParent ends the process when its parent is gone. On Windows an orphan keeps
// its parent's id, so the parent itself is waited for.
func watchParent() {
	parent, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(os.Getppid()))
	if err != nil {
		os.Exit(hostGone)
	}
	go func() {
		if event, err := windows.WaitForSingleObject(parent, windows.INFINITE); err == nil && event == windows.WAIT_OBJECT_0 {
			os.Exit(hostGone)
		}
	}()
}
