package transfer

import (
	"math/rand/v2"
	"testing"

	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// shape is a transformer to be described by hand: no checkpoint, no plugin.
type shape struct {
	layers, hidden, heads, kv, dim, ffn int

	qkv     string // "": three maps; "blocks": one, q then k then v; "grouped": one, a group a key head
	fusedUp bool   // gate and up are one map
	plain   bool   // no gate
	experts int    // 0: one MLP
	untied  bool
	conv    bool // HuggingFace's class is Conv1D
}

const layerPath = "model.layers.{layer}."

func (s shape) model(t *testing.T, name string) Model {
	t.Helper()
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, 10).As("logits")
	if !s.untied {
		head.TiedTo("model.embed_tokens")
	}
	steps := append(s.attention(), s.mlp()...)
	m := &archpb.Model{
		Family:   "synthetic",
		Prologue: sdk.Program(sdk.Embed("model.embed_tokens", archpb.Role_ROLE_EMBED, 10, s.hidden).From("tokens").As("h")),
		Blocks:   []*archpb.Block{sdk.Block("layer", steps...)},
		Layers:   sdk.Repeat(s.layers),
		Epilogue: sdk.Program(sdk.RMSNorm("model.norm", s.hidden, 1e-6).From("h"), head),
	}
	a, err := arch.New(m, s.tensors(m))
	if err != nil {
		t.Fatal(err)
	}
	return Model{Arch: a, Name: name}
}

func (s shape) linear(path string, role archpb.Role, in, out int) sdk.Step {
	l := sdk.Linear(layerPath+path, role, in, out)
	if s.conv {
		return l.Conv1D()
	}
	return l
}

func (s shape) attention() []sdk.Step {
	q, kv := s.heads*s.dim, s.kv*s.dim
	steps := []sdk.Step{sdk.RMSNorm(layerPath+"norm1", s.hidden, 1e-6).From("h").As("x")}
	roles := []archpb.Role{archpb.Role_ROLE_Q, archpb.Role_ROLE_K, archpb.Role_ROLE_V}
	switch s.qkv {
	case "":
		steps = append(steps,
			s.linear("q", archpb.Role_ROLE_Q, s.hidden, q).From("x").As("q"),
			s.linear("k", archpb.Role_ROLE_K, s.hidden, kv).From("x").As("k"),
			s.linear("v", archpb.Role_ROLE_V, s.hidden, kv).From("x").As("v"))
	default:
		groups, sizes := 1, []int{q, kv, kv}
		if s.qkv == "grouped" {
			groups, sizes = s.kv, []int{q / s.kv, s.dim, s.dim}
		}
		steps = append(steps,
			s.linear("qkv", archpb.Role_ROLE_QKV, s.hidden, q+2*kv).Fused(groups, roles, sizes...).From("x"),
			sdk.Split(groups, sizes...).As("q", "k", "v"))
	}
	return append(steps,
		sdk.Attention(sdk.Heads{Count: s.heads, KV: s.kv, Dim: s.dim}).From("q", "k", "v"),
		s.linear("o", archpb.Role_ROLE_O, q, s.hidden).As("a"),
		sdk.Add("h", "a").As("r"))
}

func (s shape) mlp() []sdk.Step {
	path, in := "", "y"
	if s.experts > 0 {
		path, in = "experts.{expert}.", "x"
	}
	var body []sdk.Step
	gate, up := archpb.Role_ROLE_GATE, archpb.Role_ROLE_UP
	switch {
	case s.plain:
		body = append(body, s.linear(path+"up", up, s.hidden, s.ffn).From(in), sdk.Activate(archpb.Activation_FUNCTION_RELU))
	case s.fusedUp:
		body = append(body,
			s.linear(path+"gate_up", archpb.Role_ROLE_GATE_UP, s.hidden, 2*s.ffn).Fused(1, []archpb.Role{gate, up}, s.ffn, s.ffn).From(in),
			sdk.Split(1, s.ffn, s.ffn).As("g", "u"), sdk.Multiply("g", "u"))
	default:
		body = append(body,
			s.linear(path+"gate", gate, s.hidden, s.ffn).From(in).As("g"),
			s.linear(path+"up", up, s.hidden, s.ffn).From(in).As("u"), sdk.Multiply("g", "u"))
	}
	body = append(body, s.linear(path+"down", archpb.Role_ROLE_DOWN, s.ffn, s.hidden).As("d"))
	steps := []sdk.Step{sdk.RMSNorm(layerPath+"norm2", s.hidden, 1e-6).From("r").As("y")}
	if s.experts > 0 {
		router := sdk.Linear(layerPath+"router", archpb.Role_ROLE_ROUTER, s.hidden, s.experts)
		body = []sdk.Step{sdk.Experts(router, s.experts, 1, false, body...).From("y").As("d")}
	}
	return append(append(steps, body...), sdk.Add("r", "d").As("h"))
}

// tensors lists what the description needs.
func (s shape) tensors(m *archpb.Model) []arch.TensorHeader {
	var headers []arch.TensorHeader
	add := func(template string, shape ...int) {
		layers := s.layers
		if template == arch.Expand(template, 0, 0) {
			layers = 1
		}
		for l := range layers {
			experts := s.experts
			if at := arch.Expand(template, l, 0); at == arch.Expand(template, l, 1) {
				experts = 1
			}
			for e := range experts {
				headers = append(headers, arch.TensorHeader{Name: arch.Expand(template, l, e) + ".weight", DType: "F32", Shape: shape})
			}
		}
	}
	var walk func(steps []*archpb.Step)
	linear := func(l *archpb.Linear) {
		if l.Module.TiedTo != "" {
			return
		}
		if l.FanInFanOut {
			add(l.Module.Path, int(l.In), int(l.Out))
		} else {
			add(l.Module.Path, int(l.Out), int(l.In))
		}
	}
	walk = func(steps []*archpb.Step) {
		for _, step := range steps {
			switch op := step.Op.(type) {
			case *archpb.Step_Embed:
				add(op.Embed.Module.Path, int(op.Embed.Rows), int(op.Embed.Width))
			case *archpb.Step_Norm:
				add(op.Norm.Module.Path, int(op.Norm.Width))
			case *archpb.Step_Linear:
				linear(op.Linear)
			case *archpb.Step_Experts:
				linear(op.Experts.Router)
				walk(op.Experts.Body)
			}
		}
	}
	walk(m.Prologue)
	for _, b := range m.Blocks {
		walk(b.Steps)
	}
	walk(m.Epilogue)
	return headers
}

// groups are the tensors of a model with random W and S, as the engine visits them.
func groups(a *arch.Architecture) []engine.Group {
	rng := rand.New(rand.NewPCG(9, 9))
	var all []engine.Group
	for l := len(a.Layers) - 1; l >= arch.Outside; l-- {
		g := engine.Group{Layer: l}
		for _, m := range a.LayerModules(l) {
			if m.TiedTo != "" {
				continue
			}
			n := m.Out * max(m.In, 1)
			t := engine.Tensor{Module: m, Name: m.Weight.Name, S: make([]float32, n)}
			w := make([]float32, n)
			t.W = func() ([]float32, error) { return w, nil }
			for i := range w {
				w[i], t.S[i] = float32(rng.NormFloat64()), float32(rng.ExpFloat64())
			}
			g.Tensors = append(g.Tensors, t)
		}
		all = append(all, g)
	}
	return all
}

// transferred is a transfer between models that exist as descriptions alone.
func transferred(t *testing.T, teacher, student Model, opts Options) (*Result, []engine.Group, error) {
	t.Helper()
	opts, err := opts.complete()
	if err != nil {
		return nil, nil, err
	}
	p, err := newPlan(teacher, student, opts)
	if err != nil {
		return nil, nil, err
	}
	v, all := newVisitor(t.Context(), p), groups(teacher.Arch)
	for _, g := range all {
		if err := v.visit(g); err != nil {
			return nil, nil, err
		}
	}
	r, err := p.inject(&v.measured, &Report{})
	return r, all, err
}
