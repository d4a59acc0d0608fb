package sdk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	goplugin "github.com/hashicorp/go-plugin"
)

// debugVariable in the environment of a plugin that is started by hand makes it wait
// for nugget.
const debugVariable = "NUGGET_PLUGIN_DEBUG"

// maxSocketDir leaves room for the socket's name in the 104 bytes that the shortest
// socket address has.
const maxSocketDir = 60

// serveByHand serves until the process is told to end, whoever comes and goes. The
// socket lies in a folder that is the user's alone; where there are none, on Windows,
// it is a port of this machine.
func serveByHand(p Plugin, config *goplugin.ServeConfig) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if runtime.GOOS != "windows" {
		parent := ""
		if len(os.TempDir()) > maxSocketDir {
			parent = "/tmp"
		}
		dir, err := os.MkdirTemp(parent, "nugget-debug-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := os.Setenv(goplugin.EnvUnixSocketDir, dir); err != nil {
			return err
		}
	}
	ready := make(chan *goplugin.ReattachConfig, 1)
	config.Test = &goplugin.ServeTestConfig{Context: ctx, ReattachConfigCh: ready}
	go func() {
		at := <-ready
		fmt.Fprintf(os.Stderr, "nugget-arch-%s waits for nugget, until Ctrl-C; in another terminal:\n\n    nugget inspect --debug-plugin %s:%s MODEL\n\n",
			p.Name, at.Addr.Network(), at.Addr)
	}()
	goplugin.Serve(config)
	if ctx.Err() == nil {
		return errors.New("cannot listen in " + os.TempDir())
	}
	return nil
}
