// Package plugin finds, starts, watches and ends architecture plugins, the programs
// nugget-arch-* that say what a checkpoint is made of (plugins/arch).
//
// Plugins are other people's programs. The package promises that, whatever one does,
// a call ends within its deadline in an answer that arch.New has checked or in one
// line that names the plugin, what it did and its last words on stderr; that a
// plugin's output neither blocks nor grows the host; and that no plugin's process
// outlives the call that started it. That last holds too when the host is killed:
// on Linux the kernel ends the plugin with it, elsewhere the watcher that
// plugins/sdk runs inside the plugin does, within a fraction of a second. Only a
// process that a plugin starts in a session of its own escapes.
//
// Identities and descriptions are cached under the program's SHA-256, so that a
// search through many plugins starts none but the one that is new or asked. A plugin
// that is a script is identified by the script alone, not by what it loads.
//
// The package protects from mistakes, not from malice: a plugin runs with the rights
// of the user who installed it.
package plugin

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	goplugin "github.com/hashicorp/go-plugin"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Options says where plugins are looked for.
type Options struct {
	// Binaries are --plugin's: programs that come before all that is found, and
	// win where another plugin claims the same model type.
	Binaries []string
	// Debug are --debug-plugin's: addresses of plugins that their authors run
	// themselves, unix:PATH or tcp:127.0.0.1:PORT. They come with Binaries, are neither
	// started nor ended, have no deadlines, and nothing they say is cached.
	Debug []string
	// Dirs are searched in order: $NUGGET_PLUGIN_PATH's, the host binary's, the
	// user's data folder. SearchPath gives the usual ones.
	Dirs []string
	// Cache is a folder for descriptions by the plugin's hash; "": no cache.
	Cache string
	// Log gets plugins' stderr lines, each with the plugin's name; nil: dropped
	// but for the tail that errors quote.
	Log io.Writer
}

// Set is the plugins that were found. Close ends every process that it started. Its
// methods are safe for concurrent use.
type Set struct {
	opts   Options
	limits limits
	cache  cache
	speaks contract

	ctx    context.Context // ends with Close
	cancel context.CancelFunc

	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup

	log       sync.Mutex // Options.Log's
	searching sync.Mutex
	found     *search // nil: not yet
}

// limits are the deadlines that plugins are held to.
type limits struct {
	start    time.Duration // from the process to its handshake
	info     time.Duration // Info must answer at once; this is a slow machine's once
	describe time.Duration
	stop     time.Duration // from the request to end to SIGKILL
}

// New returns a set; it starts nothing yet.
func New(opts Options) *Set {
	ctx, cancel := context.WithCancel(context.Background())
	return &Set{
		opts:   opts,
		limits: limits{start: 10 * time.Second, info: 10 * time.Second, describe: 30 * time.Second, stop: 2 * time.Second},
		cache:  cache{dir: opts.Cache},
		speaks: contract{minor: arch.ContractMinor, added: arch.Added},
		ctx:    ctx,
		cancel: cancel,
	}
}

var errClosed = errors.New("the plugins have been closed")

// enter begins a call that may start processes. Its context ends with Close, and
// leave must be called when the last process is gone.
func (s *Set) enter(ctx context.Context) (_ context.Context, leave func(), _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, errClosed
	}
	s.calls.Add(1)
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.ctx, func() { cancel(errClosed) })
	return ctx, func() { stop(); cancel(nil); s.calls.Done() }, nil
}

// ended is why a call's context is done; nil: it is not.
func ended(ctx context.Context) error {
	if cause := context.Cause(ctx); cause == errClosed {
		return cause
	}
	return ctx.Err()
}

// Close ends all plugin processes and waits for them. Calls that are running return
// an error.
func (s *Set) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.calls.Wait()
	return nil
}

// Cleanup ends the processes of every Set, those that were not closed included. It
// is for the very end of a program. It waits for a start that is in progress, which
// Close would break off.
func Cleanup() { goplugin.CleanupClients() }

// identity is what a plugin says of itself.
type identity = archpb.InfoResponse
