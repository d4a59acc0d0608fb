package main

import (
	"context"
	"fmt"
	"log"
	"maps"
	"math"
	"os"
	"strings"
	"syscall"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// inCalls misbehave when they are asked.
func inCalls(name string) map[string]func() {
	describe := func(f func(*archpb.Model) (*archpb.Model, error)) func() {
		return func() {
			serve(&service{identity: identity(name), describe: func() (*archpb.Model, error) { return f(model()) }})
		}
	}
	all := map[string]func(){
		"last-words": func() { lastWords(name) },
		"garbage":    func() { garbage(name) },
		"big-info": func() {
			told := identity(name)
			told.ModelTypes = append(told.ModelTypes, strings.Repeat("x", 10<<20))
			serve(&service{identity: told, describe: func() (*archpb.Model, error) { return model(), nil }})
		},
		"hang-info": func() { serve(&service{identity: identity(name), info: func() { select {} }}) },
		"anonymous": func() { serve(&service{identity: &archpb.InfoResponse{ModelTypes: []string{name}}}) },
		"typeless":  func() { serve(&service{identity: &archpb.InfoResponse{Name: name}}) },
		"control":   func() { serve(&service{identity: &archpb.InfoResponse{Name: "a\x1b[2J", ModelTypes: []string{name}}}) },
		"hang-describe": describe(func(*archpb.Model) (*archpb.Model, error) {
			say("pid %d: thinking about it", os.Getpid())
			select {}
		}),
		"exit-describe": describe(func(*archpb.Model) (*archpb.Model, error) {
			log.Print("cannot go on")
			os.Exit(4)
			return nil, nil
		}),
		"panic-describe": describe(func(*archpb.Model) (*archpb.Model, error) {
			go panic("index out of everything")
			select {}
		}),
		"killed": describe(func(*archpb.Model) (*archpb.Model, error) {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}),
		"stopped": describe(func(*archpb.Model) (*archpb.Model, error) {
			syscall.Kill(os.Getpid(), syscall.SIGSTOP)
			select {}
		}),
		"flood-describe": describe(func(m *archpb.Model) (*archpb.Model, error) {
			for range 200000 {
				fmt.Println("by way of gRPC, standard output")
			}
			flood(32 << 20)
			return m, nil
		}),
		"huge": describe(func(m *archpb.Model) (*archpb.Model, error) {
			m.Ignore = []string{strings.Repeat("*", 100<<20)}
			return m, nil
		}),
		"nothing": describe(func(*archpb.Model) (*archpb.Model, error) { return nil, nil }),
		"wrong": describe(func(m *archpb.Model) (*archpb.Model, error) {
			m.Layers = append(m.Layers, 7)
			return m, nil
		}),
		"refuse": describe(func(*archpb.Model) (*archpb.Model, error) {
			return nil, status.Error(codes.InvalidArgument, "config.json: hidden_act is \"swish1\"\n\n\texpected \"silu\"\x1b[2J\n")
		}),
		"slow-end": func() {
			describe(func(m *archpb.Model) (*archpb.Model, error) { return m, nil })()
			time.Sleep(time.Hour)
		},
	}
	maps.Copy(all, ofOtherContracts(name))
	for kind, spoil := range descriptions() {
		all[kind] = describe(func(m *archpb.Model) (*archpb.Model, error) {
			say("describing a %s", kind)
			spoil(m)
			return m, nil
		})
	}
	return all
}

// well is a good plugin for the model type of its name; twin0 and twin1 are for "twin".
func well(name string) func() {
	types := []string{name}
	if family := strings.TrimRight(name, "0123"); family == "twin" {
		types = []string{family}
	}
	return func() {
		sdk.Serve(sdk.Plugin{
			Name: name, Version: "1.2.3", ModelTypes: types, GGUFArchitectures: []string{"gguf-" + name},
			Describe: func(*archpb.DescribeRequest) (*archpb.Model, error) {
				say("describing as %s", name)
				return model(), nil
			},
		})
	}
}

// model fits the checkpoint of host/plugin's tests.
func model() *archpb.Model {
	return &archpb.Model{
		Family:   "hostile",
		Prologue: sdk.Program(sdk.Embed("embed", archpb.Role_ROLE_EMBED, 8, 4).From("tokens").As("h")),
		Blocks: []*archpb.Block{sdk.Block("layer",
			sdk.Linear("layers.{layer}.up", archpb.Role_ROLE_UP, 4, 4).From("h").As("u"),
			sdk.Add("h", "u").As("h"))},
		Layers:   sdk.Repeat(2),
		Epilogue: sdk.Program(sdk.Linear("head", archpb.Role_ROLE_UNEMBED, 4, 8).From("h").As("logits")),
	}
}

func identity(name string) *archpb.InfoResponse {
	return &archpb.InfoResponse{Name: name, Version: "0.0.1", ModelTypes: []string{name}, ContractMinor: arch.ContractMinor}
}

// service is a plugin without the SDK's care.
type service struct {
	archpb.UnimplementedArchitectureServer
	identity *archpb.InfoResponse
	info     func()
	describe func() (*archpb.Model, error)
}

func (s *service) Info(context.Context, *archpb.InfoRequest) (*archpb.InfoResponse, error) {
	if s.info != nil {
		s.info()
	}
	return s.identity, nil
}

func (s *service) Describe(context.Context, *archpb.DescribeRequest) (*archpb.DescribeResponse, error) {
	m, err := s.describe()
	return &archpb.DescribeResponse{Model: m}, err
}

func serve(s *service) {
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: arch.Handshake(),
		Plugins:         goplugin.PluginSet{arch.PluginName: &arch.Plugin{Service: s}},
		GRPCServer: func(o []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(o, grpc.MaxSendMsgSize(math.MaxInt32))...)
		},
	})
}
