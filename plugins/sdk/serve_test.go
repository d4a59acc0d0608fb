package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
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

// part says what a process of this test binary is: a plugin, a host that starts one
// and waits, or (empty) the tests.
const part = "NUGGET_SDK_TEST"

func TestMain(m *testing.M) {
	switch os.Getenv(part) {
	case "plugin":
		sdk.Serve(sdk.Plugin{
			Name: "test", Version: "1.2.3", ModelTypes: []string{"a", "b"}, GGUFArchitectures: []string{"c"},
			Describe: describeForTest,
		})
	case "host":
		client, _, err := startPlugin(io.Discard)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(client.ReattachConfig().Pid)
		time.Sleep(time.Minute)
	default:
		os.Exit(m.Run())
	}
}

func describeForTest(req *archpb.DescribeRequest) (*archpb.Model, error) {
	switch command := string(req.Config); {
	case command == "panic":
		var none []int
		return &archpb.Model{MaxPositions: uint32(none[3])}, nil
	case command == "fail":
		return nil, errors.New("config.json: hidden_size is missing")
	case command == "nothing":
		return nil, nil
	case command == "print":
		fmt.Println("stdout")
		fmt.Fprintln(os.Stderr, `{"@level":"info","odd":`)
	case command == "exit":
		fmt.Fprintln(os.Stderr, "cannot go on")
		os.Exit(4)
	case strings.HasPrefix(command, "size"):
		var n int
		fmt.Sscanf(command, "size %d", &n)
		return &archpb.Model{Family: strings.Repeat("x", n)}, nil
	}
	return &archpb.Model{Family: fmt.Sprint(len(req.Config)), MaxPositions: uint32(len(req.Tensors))}, nil
}

// startPlugin starts this binary as a plugin, as a host does.
func startPlugin(stderr io.Writer) (*goplugin.Client, archpb.ArchitectureClient, error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), part+"=plugin")
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: arch.Handshake(), Plugins: goplugin.PluginSet{arch.PluginName: &arch.Plugin{}}, Cmd: cmd,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC}, Logger: hclog.NewNullLogger(),
		Stderr: stderr, SyncStderr: stderr,
		SkipHostEnv: true, // it would make the plugin a host again
		GRPCDialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(arch.MaxMessage), grpc.MaxCallSendMsgSize(arch.MaxMessage))},
	})
	conn, err := client.Client()
	if err != nil {
		return nil, nil, err
	}
	raw, err := conn.Dispense(arch.PluginName)
	if err != nil {
		return nil, nil, err
	}
	return client, raw.(archpb.ArchitectureClient), nil
}

func TestServeAnswers(t *testing.T) {
	client, plugin, err := startPlugin(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Kill()
	ctx := context.Background()

	info, err := plugin.Info(ctx, &archpb.InfoRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if info.Name != "test" || info.Version != "1.2.3" || fmt.Sprint(info.ModelTypes, info.GgufArchitectures) != "[a b] [c]" ||
		info.ContractMinor != arch.ContractMinor {
		t.Errorf("info %v", info)
	}
	for _, c := range []struct{ config, family, want string }{
		{"hello", "5", ""},
		{"fail", "", "config.json: hidden_size is missing"},
		{"panic", "", "plugin test panicked: runtime error: index out of range [3] with length 0"},
		{"nothing", "", "plugin test gave neither a description nor an error"},
		{"print", "5", ""},
		{"after a panic", "13", ""},
		{"size 5000000", strings.Repeat("x", 5000000), ""}, // gRPC's own limit is 4 MB
		{"size 70000000", "", "the description takes 70000010 bytes, more than 67108864"},
		{strings.Repeat("y", 5000000), "5000000", ""},
	} {
		answer, err := plugin.Describe(ctx, &archpb.DescribeRequest{Config: []byte(c.config)})
		name := c.config[:min(len(c.config), 20)]
		if c.want != "" {
			if err == nil || status.Convert(err).Message() != c.want {
				t.Errorf("%s: error %v, expected %s", name, err, c.want)
			}
			continue
		}
		if err != nil || answer.Model.Family != c.family {
			t.Errorf("%s: error %v, family of %d bytes, expected %d", name, err, len(answer.GetModel().GetFamily()), len(c.family))
		}
	}
}

// A plugin that is started by hand says what it is.
func TestServeRefusesToRunByHand(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), part+"=plugin")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(string(out), "nugget-arch-test is a plugin of nugget") {
		t.Errorf("error %v, output %q", err, out)
	}
}

// killHost starts a host with a plugin, kills the host the hard way and returns the
// plugin's process id.
func killHost(t *testing.T) int {
	t.Helper()
	host := exec.Command(os.Args[0])
	host.Env = append(os.Environ(), part+"=host")
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		rest, _ := io.ReadAll(out)
		t.Fatalf("the host printed no process id: %v %q", err, rest)
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait() // killed
	return pid
}
