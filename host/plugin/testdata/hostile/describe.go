package main

import (
	"fmt"
	"math"
	"os"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// descriptions are wrong ones, each of which the plugin speaks of on stderr.
func descriptions() map[string]func(*archpb.Model) {
	block := func(steps ...sdk.Step) func(*archpb.Model) {
		return func(m *archpb.Model) { m.Blocks[0] = sdk.Block("layer", steps...) }
	}
	up := func() sdk.Step { return sdk.Linear("layers.{layer}.up", archpb.Role_ROLE_UP, 4, 4) }
	return map[string]func(*archpb.Model){
		"cycle": block(
			sdk.Add("h", "b").As("a"),
			up().From("a").As("b"),
			sdk.Add("h", "b").As("h")),
		"unknown-value":  block(up().From("nowhere").As("u"), sdk.Add("h", "u").As("h")),
		"unknown-tensor": block(up().Tensor("not.there").From("h").As("u"), sdk.Add("h", "u").As("h")),
		"unknown-owner":  func(m *archpb.Model) { m.Epilogue[0].GetLinear().Module.TiedTo = "nobody" },
		"overflow":       block(sdk.Linear("layers.{layer}.up", archpb.Role_ROLE_UP, 4, math.MaxUint32).From("h").As("u"), sdk.Add("h", "u").As("h")),
		"overflow-product": func(m *archpb.Model) {
			m.Prologue[0].GetEmbed().Rows, m.Prologue[0].GetEmbed().Width = 1<<28, 1<<28
		},
		// 2^32 layers do not fit into a message; these do.
		"layers": func(m *archpb.Model) { m.Layers = sdk.Repeat(32 << 20) },
		"index":  func(m *archpb.Model) { m.Layers[1] = math.MaxUint32 },
		"modules": func(m *archpb.Model) {
			m.Layers = sdk.Repeat(4096)
			block(sdk.Experts(sdk.Linear("layers.{layer}.router", archpb.Role_ROLE_ROUTER, 4, 4096), 4096, 1, false,
				sdk.Linear("layers.{layer}.{expert}.up", archpb.Role_ROLE_UP, 4, 4).From("x")).From("h").As("u"),
				sdk.Add("h", "u").As("h"))(m)
		},
		"nan": block(
			sdk.Rope(&archpb.Rope{HeadDim: 4, Frequencies: &archpb.Frequencies{InvFreq: []float64{1, math.NaN()}}}).From("h"),
			up().As("u"), sdk.Add("h", "u").As("h")),
		"nested":   block(nested(2000).From("h").As("u"), sdk.Add("h", "u").As("h")),
		"too-deep": block(nested(20000).From("h").As("u"), sdk.Add("h", "u").As("h")),
		"not-utf8": func(m *archpb.Model) { m.Family = "\xff" },
	}
}

// nested is experts of experts of experts.
func nested(depth int) sdk.Step {
	step := sdk.Linear("up", archpb.Role_ROLE_UP, 4, 4)
	for range depth {
		step = sdk.Experts(sdk.Linear("router", archpb.Role_ROLE_ROUTER, 4, 1), 1, 1, false, step)
	}
	return step
}

// ofOtherContracts are plugins of a newer and an older minor version.
func ofOtherContracts(name string) map[string]func() {
	speaks := func(minor uint32, change func(*archpb.Model)) func() {
		told := identity(name)
		told.ContractMinor = minor
		return func() {
			serve(&service{identity: told, describe: func() (*archpb.Model, error) {
				m := model()
				change(m)
				return m, nil
			}})
		}
	}
	unknown := protowire.AppendVarint(protowire.AppendTag(nil, 200, protowire.VarintType), 1)
	return map[string]func(){
		"newer": speaks(99, func(m *archpb.Model) {
			m.Blocks[0].Steps[0].Op, m.Blocks[0].Steps[0].Kind = nil, "convolution"
			m.Blocks[0].Steps[0].ProtoReflect().SetUnknown(unknown)
		}),
		"newer-field": speaks(99, func(m *archpb.Model) { m.Blocks[0].Steps[0].GetLinear().ProtoReflect().SetUnknown(unknown) }),
		"newer-value": speaks(99, func(m *archpb.Model) { m.Blocks[0].Steps[1].GetCombine().Kind = 77 }),
		"newer-wrong": speaks(99, func(m *archpb.Model) { m.Layers = append(m.Layers, 7) }),
		"newer-plain": speaks(99, func(*archpb.Model) {}),
		"older":       speaks(0, func(m *archpb.Model) { m.Layers = append(m.Layers, 7) }),
		"older-plain": speaks(0, func(*archpb.Model) {}),
	}
}

// lastWords prints through os.Stderr, as any Go program does, and is gone.
func lastWords(name string) {
	sdk.Serve(sdk.Plugin{Name: name, Version: "1.2.3", ModelTypes: []string{name}, Describe: func(*archpb.DescribeRequest) (*archpb.Model, error) {
		fmt.Fprintln(os.Stderr, "that was all")
		os.Exit(4)
		return nil, nil
	}})
}

// garbage answers with what is no message.
func garbage(name string) {
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: arch.Handshake(),
		Plugins:         goplugin.PluginSet{arch.PluginName: &arch.Plugin{Service: &service{identity: identity(name), describe: func() (*archpb.Model, error) { return model(), nil }}}},
		GRPCServer: func(o []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(o, grpc.ForceServerCodecV2(scrambler{encoding.GetCodecV2(grpcproto.Name)}))...)
		},
	})
}

// scrambler spoils descriptions.
type scrambler struct{ encoding.CodecV2 }

func (s scrambler) Marshal(v any) (mem.BufferSlice, error) {
	if _, ok := v.(*archpb.DescribeResponse); ok {
		return mem.BufferSlice{mem.SliceBuffer([]byte("\x0a\xff\xff\xff\xff\x0f no message"))}, nil
	}
	return s.CodecV2.Marshal(v)
}
