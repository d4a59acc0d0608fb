package archtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// answerTime is how long a plugin may take for one answer.
const answerTime = 10 * time.Second

// Target is what is tested: a plugin's functions ([Functions]) or its program
// ([Binary]).
type Target struct {
	file     string // of a program
	info     func() (*archpb.InfoResponse, error)
	describe func(*archpb.DescribeRequest) (*archpb.Model, error)
}

// Functions tests a plugin within the test's process.
func Functions(p sdk.Plugin) Target {
	return Target{
		info: func() (*archpb.InfoResponse, error) {
			return &archpb.InfoResponse{
				Name: p.Name, Version: p.Version, ModelTypes: p.ModelTypes, GgufArchitectures: p.GGUFArchitectures,
				ContractMinor: arch.ContractMinor,
			}, nil
		},
		describe: func(req *archpb.DescribeRequest) (m *archpb.Model, err error) {
			defer func() {
				if r := recover(); r != nil {
					m, err = nil, &panicked{fmt.Sprintf("%v\n%s", r, debug.Stack())}
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

// panicked is the error of a plugin that panicked.
type panicked struct{ text string }

func (p *panicked) Error() string { return "panicked: " + p.text }

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
		file: filepath.Base(path),
		info: func() (*archpb.InfoResponse, error) {
			ctx, cancel := context.WithTimeout(context.Background(), answerTime)
			defer cancel()
			info, err := plugin.Info(ctx, &archpb.InfoRequest{})
			return info, plain(err)
		},
		describe: func(req *archpb.DescribeRequest) (*archpb.Model, error) {
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

// Build compiles the program in the test's folder and returns its path. The name is
// the folder's, as `go install` has it.
func Build(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), filepath.Base(dir))
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}
