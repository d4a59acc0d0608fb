package plugin

import (
	"context"
	"io"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-plugin/runner"
)

// drain is how long the output of a process that is gone is waited for: something
// that it started may hold the pipes open.
const drain = 300 * time.Millisecond

// process is one run of a plugin's program, as go-plugin wants it. It differs from
// go-plugin's own in that it has no terminal and no part in the terminal's signals,
// takes everything it started along when it ends, and reads all output itself:
// go-plugin's reader of stderr panics on JSON whose "@message" is no string, and
// its Kill waits for output for as long as anybody holds the pipe.
type process struct {
	cmd       *exec.Cmd
	verify    func() error // called right before the start
	handshake *handshake
	stdout    *lines // what follows the handshake
	stderr    *lines
	tail      *tail

	gone chan struct{} // closed when the process has been reaped and its output read
	err  error         // then: how it ended

	mu     sync.Mutex
	failed error // Start's error
	alive  bool
	ended  bool // by us, not by itself
}

var _ runner.Runner = (*process)(nil)

func newProcess(path string, environ []string, t *tail, verify func() error) *process {
	p := &process{
		verify: verify, tail: t,
		stdout: &lines{tail: t}, stderr: &lines{tail: t},
		gone: make(chan struct{}),
	}
	p.handshake = newHandshake(p.stdout, p.gone)
	p.cmd = &exec.Cmd{
		Path:        path,
		Args:        []string{path},
		Env:         environ,
		Stdout:      p.handshake,
		Stderr:      p.stderr,
		SysProcAttr: attributes(),
		WaitDelay:   drain,
	}
	return p
}

// Start implements runner.Runner.
func (p *process) Start(context.Context) error {
	started := make(chan error)
	go p.run(started)
	return <-started
}

// run is the process's life. It stays on one thread: Linux takes the death of the
// thread that started a process for the parent's (prctl(2), PR_SET_PDEATHSIG).
func (p *process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.gone)

	err := p.start()
	started <- err
	if err != nil {
		return
	}
	p.err = reap(p.cmd, p.bury)
	p.stdout.Close()
	p.stderr.Close()
}

// bury kills what the process has left behind. The process itself has ended.
func (p *process) bury() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alive = false
	killGroup(p.cmd)
}

func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		p.failed = context.Canceled
	} else if p.failed = p.verify(); p.failed == nil {
		p.failed = p.cmd.Start()
	}
	p.alive = p.failed == nil
	return p.failed
}

// kill ends the process and what it started, now or when it is about to start.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.alive || p.cmd.Process == nil {
		p.ended = true
	}
	if p.alive {
		killGroup(p.cmd)
	}
}

// Kill implements runner.Runner.
func (p *process) Kill(context.Context) error { p.kill(); return nil }

// Wait implements runner.Runner.
func (p *process) Wait(context.Context) error { <-p.gone; return p.err }

// Stdout implements runner.Runner.
func (p *process) Stdout() io.ReadCloser { return p.handshake }

// Stderr implements runner.Runner: nothing, since the process reads it itself.
func (p *process) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Name implements runner.Runner.
func (p *process) Name() string { return p.cmd.Path }

// ID implements runner.Runner. It is never empty: go-plugin would leave the folder
// of the socket behind.
func (p *process) ID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd.Process == nil {
		return "not started"
	}
	return strconv.Itoa(p.cmd.Process.Pid)
}

// Diagnose implements runner.Runner. The session says it better.
func (p *process) Diagnose(context.Context) string { return "" }

// PluginToHost implements runner.Runner.
func (p *process) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

// HostToPlugin implements runner.Runner.
func (p *process) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

// failure is why the process could not be started; nil: it was.
func (p *process) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// exit says how the process ended by itself; "": it runs, or was ended by us. It
// waits a moment for a process that is about to end.
func (p *process) exit() string {
	select {
	case <-p.gone:
	case <-time.After(drain + 200*time.Millisecond):
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || p.failed != nil {
		return ""
	}
	return p.cmd.ProcessState.String()
}
