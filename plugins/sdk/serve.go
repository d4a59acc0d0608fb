package sdk

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"sync"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Serve runs the plugin; a plugin's main calls nothing else. It returns when the
// host ends it, and ends the process itself when the host is gone. Started by hand
// it says what it is and exits.
//
// Started by hand with $NUGGET_PLUGIN_DEBUG set, under a debugger say, it serves until
// it is interrupted, and prints what to give to nugget as --debug-plugin.
func Serve(p Plugin) {
	shake := arch.Handshake()
	stdout, stderr := os.Stdout, os.Stderr
	service := &server{plugin: p, direct: sync.OnceFunc(func() { os.Stdout, os.Stderr = stdout, stderr })}
	config := &goplugin.ServeConfig{
		HandshakeConfig: shake,
		Plugins:         goplugin.PluginSet{arch.PluginName: &arch.Plugin{Service: service}},
		// The host quotes a plugin's stderr: go-plugin's own log has no place there.
		Logger: hclog.NewNullLogger(),
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(arch.MaxMessage), grpc.MaxSendMsgSize(arch.MaxMessage))...)
		},
	}
	switch started := os.Getenv(shake.MagicCookieKey) == shake.MagicCookieValue; {
	case started:
		watchParent()
		goplugin.Serve(config)
	case os.Getenv(debugVariable) != "":
		if err := serveByHand(p, config); err != nil {
			fmt.Fprintf(os.Stderr, "nugget-arch-%s: %v\n", p.Name, err)
			os.Exit(1)
		}
	default:
		fmt.Fprintf(os.Stderr, "nugget-arch-%s is a plugin of nugget: put it beside nugget, or into a folder of $NUGGET_PLUGIN_PATH\n", p.Name)
		os.Exit(2)
	}
}

// server answers the host.
type server struct {
	archpb.UnimplementedArchitectureServer
	plugin Plugin
	// direct gives the process its own output back. go-plugin carries it through gRPC,
	// by way of two goroutines, where the last words before an os.Exit get lost.
	// go-plugin replaces the streams before the first question and not again.
	direct func()
}

func (s *server) Info(context.Context, *archpb.InfoRequest) (*archpb.InfoResponse, error) {
	s.direct()
	return &archpb.InfoResponse{
		Name:              s.plugin.Name,
		Version:           s.plugin.Version,
		ModelTypes:        s.plugin.ModelTypes,
		GgufArchitectures: s.plugin.GGUFArchitectures,
		ContractMinor:     arch.ContractMinor,
	}, nil
}

func (s *server) Describe(_ context.Context, req *archpb.DescribeRequest) (*archpb.DescribeResponse, error) {
	s.direct()
	model, err := s.plugin.describe(req)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	answer := &archpb.DescribeResponse{Model: model}
	if n := proto.Size(answer); n > arch.MaxMessage {
		return nil, status.Errorf(codes.ResourceExhausted, "the description takes %d bytes, more than %d", n, arch.MaxMessage)
	}
	return answer, nil
}

// describe calls Describe and turns a panic into an error. The stack goes to
// stderr, for the plugin's author.
func (p Plugin) describe(req *archpb.DescribeRequest) (model *archpb.Model, err error) {
	defer func() {
		if r := recover(); r != nil {
			debug.PrintStack()
			model, err = nil, fmt.Errorf("plugin %s panicked: %v", p.Name, r)
		}
	}()
	model, err = p.Describe(req)
	if err == nil && model == nil {
		err = fmt.Errorf("plugin %s gave neither a description nor an error", p.Name)
	}
	return model, err
}
