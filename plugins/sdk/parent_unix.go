//go:build unix

package sdk

import (
	"os"
	"time"
)

// watchParent ends the process when its parent is gone: a killed host takes no
// plugin along. An orphan gets another parent, so the parent's id tells. (Linux'
// PR_SET_PDEATHSIG follows the thread that started the process, which in a Go host
// may end at any time.) A host that dies before the first look has closed the pipe
// that the handshake is written to, and SIGPIPE ends the plugin there.
func watchParent() {
	parent := os.Getppid()
	go func() {
		for os.Getppid() == parent {
			time.Sleep(200 * time.Millisecond)
		}
		os.Exit(hostGone)
	}()
}
