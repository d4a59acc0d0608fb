package plugin

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// session is a plugin's process while it is asked. Of a plugin that its author runs
// it is the connection alone: client and process are nil.
type session struct {
	program *program
	client  *goplugin.Client
	process *process
	conn    *grpc.ClientConn // to a plugin that its author runs
	service archpb.ArchitectureClient
	limits  limits
	release func() bool // stops watching the context
}

var (
	errSlowStart = errors.New("start timeout")
	errChanged   = errors.New("changed on disk after it was found")
)

// start starts a plugin. Its process ends with ctx, or with end.
func (s *Set) start(ctx context.Context, p *program) (*session, error) {
	sum, err := p.sum()
	if err != nil {
		return nil, failed(p, err.Error(), nil)
	}
	if err := ctx.Err(); err != nil {
		return nil, ended(ctx)
	}
	if p.attached != nil {
		return p.attach(ctx)
	}
	x := &session{program: p, limits: s.limits}
	out := &tail{log: func(line string) { s.logLine(p, line) }}
	x.process = newProcess(p.path, environ(), out, func() error {
		// A hash has a state: a new one for every start.
		secure := goplugin.SecureConfig{Checksum: sum, Hash: sha256.New()}
		same, err := secure.Check(p.path)
		if err == nil && !same {
			err = errChanged
		}
		return err
	})
	x.client = goplugin.NewClient(s.config(x.process))
	x.release = context.AfterFunc(ctx, x.process.kill)
	if err := x.connect(ctx); err != nil {
		x.end()
		return nil, err
	}
	return x, nil
}

// config is go-plugin's. go-plugin's SecureConfig is not used: it knows only
// programs that it starts itself.
func (s *Set) config(p *process) *goplugin.ClientConfig {
	return &goplugin.ClientConfig{
		HandshakeConfig:  arch.Handshake(),
		Plugins:          goplugin.PluginSet{arch.PluginName: &arch.Plugin{}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, socketDir string) (runner.Runner, error) {
			p.cmd.Env = append(p.cmd.Env, cmd.Env...)
			p.cmd.Dir = socketDir // not where the host happens to be
			return p, nil
		},
		Managed: true,
		// On Unix the socket lies in a folder that is the user's alone, and two
		// certificates would more than double the time that a start takes.
		AutoMTLS:         runtime.GOOS == "windows",
		SkipHostEnv:      true,
		UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: socketDir()},
		StartTimeout:     s.limits.start + time.Second, // ours comes first
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Off}),
		// What the plugin prints once it serves comes this way.
		SyncStdout: p.stdout,
		SyncStderr: p.stderr,
		GRPCDialOptions: []grpc.DialOption{
			messageLimits(),
			grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.DefaultConfig, MinConnectTimeout: s.limits.info}),
		},
	}
}

func messageLimits() grpc.DialOption {
	return grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(arch.MaxMessage), grpc.MaxCallSendMsgSize(arch.MaxMessage))
}

// connect waits for the handshake and dials.
func (x *session) connect(ctx context.Context) error {
	limited, cancel := context.WithTimeoutCause(ctx, x.limits.start, errSlowStart)
	defer cancel()
	defer context.AfterFunc(limited, x.process.kill)()
	if _, err := x.client.Start(); err != nil {
		return x.notStarted(ctx, limited, err)
	}
	conn, err := x.client.Client()
	if err == nil {
		var service any
		if service, err = conn.Dispense(arch.PluginName); err == nil {
			x.service = service.(archpb.ArchitectureClient)
			return nil
		}
	}
	return x.notStarted(ctx, limited, err)
}

// notStarted says why a plugin did not start.
func (x *session) notStarted(ctx, limited context.Context, err error) error {
	how := x.process.exit() // before all else: what it printed is read to the end then
	what := ""
	switch {
	case ctx.Err() != nil:
		return ended(ctx)
	case x.process.failure() != nil:
		what = "cannot be started: " + reason(x.process.failure()).Error()
	case x.process.handshake.fault() != "":
		what = x.process.handshake.fault()
	case limited.Err() != nil:
		what = fmt.Sprintf("did not start within %v", x.limits.start)
	case how != "":
		what = "ended before its handshake (" + how + ")"
	default:
		what = "cannot be reached: " + oneLine(err.Error())
	}
	return failed(x.program, what, x.process.tail)
}

// tail is what there is of the plugin's output; nil: it goes elsewhere.
func (x *session) tail() *tail {
	if x.process == nil {
		return nil
	}
	return x.process.tail
}

func (x *session) words() string {
	if x.process == nil {
		return ""
	}
	return x.process.tail.words()
}

// exit says how the process ended by itself; "": it did not, or is not ours.
func (x *session) exit() string {
	if x.process == nil {
		return ""
	}
	return x.process.exit()
}

// end ends the process and waits for it. A plugin that its author runs stays.
func (x *session) end() {
	if x.process == nil {
		x.conn.Close()
		return
	}
	x.release()
	// go-plugin asks the plugin to end, and waits for the answer without a deadline.
	defer time.AfterFunc(x.limits.stop, x.process.kill).Stop()
	x.client.Kill()
}

// call asks one question within a deadline; 0: there is none.
func call[Q, A any](ctx context.Context, x *session, limit time.Duration, name string,
	ask func(context.Context, *Q, ...grpc.CallOption) (*A, error), question *Q) (*A, error) {
	limited, cancel := context.WithCancel(ctx)
	if limit > 0 {
		limited, cancel = context.WithTimeout(ctx, limit)
	}
	defer cancel()
	// gRPC tells the plugin of a deadline. It would give up a moment before we do,
	// and that would look like its own doing.
	untold, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(limited, stop)()
	answer, err := ask(untold, question)
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil:
		return nil, ended(ctx)
	case limited.Err() != nil:
		x.process.kill() // it would not end in time either
		return nil, failed(x.program, fmt.Sprintf("did not answer %s within %v", name, limit), x.tail())
	}
	return nil, x.refused(name, err)
}
