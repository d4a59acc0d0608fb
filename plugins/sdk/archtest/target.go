package archtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archcheck"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// answerTime is how long a plugin may take for one answer.
const answerTime = 10 * time.Second

// Target is what is tested: a plugin's functions ([Functions]) or its program
// ([Binary]).
type Target = archcheck.Target

// Functions tests a plugin within the test's process.
func Functions(p sdk.Plugin) Target {
	return Target{
		Info: func() (*archpb.InfoResponse, error) {
			return &archpb.InfoResponse{
				Name: p.Name, Version: p.Version, ModelTypes: p.ModelTypes, GgufArchitectures: p.GGUFArchitectures,
				ContractMinor: arch.ContractMinor,
			}, nil
		},
		Describe: func(req *archpb.DescribeRequest) (m *archpb.Model, err error) {
			defer func() {
				if r := recover(); r != nil {
					m, err = nil, &archcheck.Fault{What: fmt.Sprintf("panicked: %v\n%s", r, debug.Stack())}
				}
			}()
			m, err = p.Describe(req)
			if m == nil && err == nil {
				return nil, fmt.Errorf("neither a description nor an error")
			}
			return m, err
		},
	}
}

// Binary tests a plugin's program at path, started as the host starts it and ended
// with the test.
func Binary(t *testing.T, path string) Target {
	t.Helper()
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  arch.Handshake(),
		Plugins:          goplugin.PluginSet{arch.PluginName: &arch.Plugin{}},
		Cmd:              exec.Command(path),
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		StartTimeout:     answerTime,
		Logger:           hclog.NewNullLogger(),
		GRPCDialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(arch.MaxMessage), grpc.MaxCallSendMsgSize(arch.MaxMessage))},
	})
	t.Cleanup(client.Kill)
	protocol, err := client.Client()
	if err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	raw, err := protocol.Dispense(arch.PluginName)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	plugin := raw.(archpb.ArchitectureClient)
	return Target{
		File: filepath.Base(path),
		Info: func() (*archpb.InfoResponse, error) {
			ctx, cancel := context.WithTimeout(context.Background(), answerTime)
			defer cancel()
			info, err := plugin.Info(ctx, &archpb.InfoRequest{})
			return info, plain(err)
		},
		Describe: func(req *archpb.DescribeRequest) (*archpb.Model, error) {
			ctx, cancel := context.WithTimeout(context.Background(), answerTime)
			defer cancel()
			answer, err := plugin.Describe(ctx, req)
			if err != nil {
				return nil, plain(err)
			}
			if answer.Model == nil {
				return nil, fmt.Errorf("neither a description nor an error")
			}
			return answer.Model, nil
		},
	}
}

// plain takes gRPC's words off an error.
func plain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s", status.Convert(err).Message())
}

// Build compiles the program in the test's folder and returns its path. Its name is
// the one that `go install` gives it.
func Build(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	built, err := os.ReadDir(dir)
	if err != nil || len(built) != 1 {
		t.Fatalf("go build made %v, %v", built, err)
	}
	return filepath.Join(dir, built[0].Name())
}
