package plugin

import (
	"context"
	"crypto/sha256"
	"errors"
	"net"
	"path/filepath"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// address is where a plugin listens that its author runs, under a debugger say.
type address struct{ network, at string }

// parseAddress reads what such a plugin prints. Plain text goes over it, so that it
// must not leave this machine.
func parseAddress(text string) (*address, error) {
	network, at, _ := strings.Cut(text, ":")
	switch network {
	case "unix":
		if filepath.IsAbs(at) {
			return &address{network, at}, nil
		}
	case "tcp":
		host, port, err := net.SplitHostPort(at)
		if err != nil || port == "" {
			break
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, errors.New("is not an address of this machine, expected 127.0.0.1")
		}
		return &address{network, at}, nil
	}
	return nil, errors.New("is no address, expected unix:/PATH or tcp:127.0.0.1:PORT")
}

// newAttached is a plugin at an address.
func newAttached(text string) (*program, error) {
	at, err := parseAddress(text)
	if err != nil {
		return nil, err
	}
	return &program{
		name: "at " + text, path: text, given: true, attached: at,
		// Two addresses are two plugins, whatever runs there.
		sum:    func() ([]byte, error) { sum := sha256.Sum256([]byte(text)); return sum[:], nil },
		asking: make(chan struct{}, 1),
	}, nil
}

// attach connects to a plugin that its author runs. go-plugin's own way (Reattach)
// is not used: to let the plugin live its client has to leave the connection open.
func (p *program) attach(ctx context.Context) (*session, error) {
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, p.attached.network, p.attached.at)
	}
	// gRPC would try again and again.
	conn, err := dial(ctx, "")
	if err != nil {
		if ctx.Err() != nil {
			return nil, ended(ctx)
		}
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return nil, failed(p, "cannot be reached: "+err.Error(), nil)
	}
	conn.Close()
	client, err := grpc.NewClient("passthrough:///plugin", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(dial), messageLimits())
	if err != nil {
		return nil, failed(p, "cannot be reached: "+oneLine(err.Error()), nil)
	}
	return &session{program: p, conn: client, service: archpb.NewArchitectureClient(client)}, nil
}
