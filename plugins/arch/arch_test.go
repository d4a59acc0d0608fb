package arch_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// The sizes of the test model.
const (
	vocab, hidden, ffn = 11, 8, 6
	heads, kv, dim     = 4, 2, 4
	qWidth, kvWidth    = heads * dim, kv * dim
)

// plain is a small model with separate maps: two layers of one block, tied.
func plain() *archpb.Model {
	const l = "model.layers.{layer}."
	rope := &archpb.Rope{HeadDim: dim, Frequencies: &archpb.Frequencies{InvFreq: []float64{1, 0.5}}}
	return &archpb.Model{
		Family:   "test",
		Prologue: sdk.Program(sdk.Embed("model.embed", archpb.Role_ROLE_EMBED, vocab, hidden).From("tokens").As("h")),
		Blocks: []*archpb.Block{sdk.Block("layer",
			sdk.RMSNorm(l+"norm1", hidden, 1e-6).From("h").As("x"),
			sdk.Linear(l+"q", archpb.Role_ROLE_Q, hidden, qWidth).Bias(true).From("x"),
			sdk.Rope(rope).As("q"),
			sdk.Linear(l+"k", archpb.Role_ROLE_K, hidden, kvWidth).From("x"),
			sdk.Rope(proto.CloneOf(rope)).As("k"),
			sdk.Linear(l+"v", archpb.Role_ROLE_V, hidden, kvWidth).From("x").As("v"),
			sdk.Attention(sdk.Heads{Count: heads, KV: kv, Dim: dim}).From("q", "k", "v"),
			sdk.Linear(l+"o", archpb.Role_ROLE_O, qWidth, hidden).As("a"),
			sdk.Add("h", "a").As("r"),
			sdk.Linear(l+"up", archpb.Role_ROLE_UP, hidden, ffn),
			sdk.Activate(archpb.Activation_FUNCTION_GELU),
			sdk.Linear(l+"down", archpb.Role_ROLE_DOWN, ffn, hidden).As("m"),
			sdk.Add("r", "m").As("h"),
		)},
		Layers: sdk.Repeat(2),
		Epilogue: sdk.Program(
			sdk.RMSNorm("model.norm", hidden, 1e-6).From("h"),
			sdk.Linear("head", archpb.Role_ROLE_UNEMBED, hidden, vocab).TiedTo("model.embed").As("logits"),
		),
		Ignore: []string{"*.inv_freq"},
	}
}

// plainTensors is what a checkpoint of plain holds.
func plainTensors() []arch.TensorHeader {
	tensors := []arch.TensorHeader{
		{Name: "model.embed.weight", DType: "F32", Shape: []int{vocab, hidden}},
		{Name: "model.norm.weight", DType: "BF16", Shape: []int{hidden}},
	}
	for _, l := range []string{"model.layers.0.", "model.layers.1."} {
		tensors = append(tensors,
			arch.TensorHeader{Name: l + "norm1.weight", DType: "F32", Shape: []int{hidden}},
			arch.TensorHeader{Name: l + "q.weight", DType: "F16", Shape: []int{qWidth, hidden}},
			arch.TensorHeader{Name: l + "q.bias", DType: "F16", Shape: []int{qWidth}},
			arch.TensorHeader{Name: l + "k.weight", DType: "F16", Shape: []int{kvWidth, hidden}},
			arch.TensorHeader{Name: l + "v.weight", DType: "Q4_1", Shape: []int{kvWidth, hidden}},
			arch.TensorHeader{Name: l + "o.weight", DType: "F16", Shape: []int{hidden, qWidth}},
			arch.TensorHeader{Name: l + "up.weight", DType: "F16", Shape: []int{ffn, hidden}},
			arch.TensorHeader{Name: l + "down.weight", DType: "F16", Shape: []int{hidden, ffn}},
		)
	}
	return tensors
}

// rich uses what plain does not: positions, a fused map, norms on heads, experts in
// stacked tensors, layouts, two blocks, a scaled and soft-capped head of its own.
func rich() *archpb.Model {
	const l = "t.h.{layer}."
	qkv := []archpb.Role{archpb.Role_ROLE_Q, archpb.Role_ROLE_K, archpb.Role_ROLE_V}
	rope := &archpb.Rope{
		HeadDim: dim, Frequencies: &archpb.Frequencies{InvFreq: []float64{1}, Divisors: "rope_freqs.weight"},
	}
	block := func(name string, window int, mlp ...sdk.Step) *archpb.Block {
		return sdk.Block(name, append([]sdk.Step{
			sdk.LayerNorm(l+"ln1", hidden, 1e-5).From("h"),
			sdk.Linear(l+"qkv", archpb.Role_ROLE_QKV, hidden, kv*(2*dim+dim+dim)).Bias(true).Conv1D().
				Fused(kv, qkv, 2*dim, dim, dim),
			sdk.Split(kv, 2*dim, dim, dim).As("q0", "k0", "v"),
			sdk.RMSNorm(l+"qn", dim, 1e-6).Offset(1).From("q0"),
			sdk.Rope(rope).As("q"),
			sdk.Rope(proto.CloneOf(rope)).From("k0").As("k"),
			sdk.Attention(sdk.Heads{Count: heads, KV: kv, Dim: dim, Window: window, Softcap: 50}).From("q", "k", "v"),
			sdk.Linear(l+"o", archpb.Role_ROLE_O, qWidth, hidden).As("a"),
			sdk.Add("h", "a").As("r"),
		}, mlp...)...)
	}
	e := l + "moe.experts.{expert}."
	stacked := l + "experts."
	return &archpb.Model{
		Family: "rich", MaxPositions: 20,
		Prologue: sdk.Program(
			sdk.Embed("t.wte", archpb.Role_ROLE_EMBED, vocab, hidden).Tensor("wte").From("tokens").As("t"),
			sdk.Embed("t.wpe", archpb.Role_ROLE_POSITION, 20, hidden).From("positions").As("p"),
			sdk.Add("t", "p"),
			sdk.Scale(2).As("h"),
		),
		Blocks: []*archpb.Block{
			block("dense", 3,
				sdk.Linear(l+"gu", archpb.Role_ROLE_GATE_UP, hidden, 2*ffn).
					Fused(0, []archpb.Role{archpb.Role_ROLE_UP, archpb.Role_ROLE_GATE}, ffn, ffn),
				sdk.Split(0, ffn, ffn).As("u", "g0"),
				sdk.Activate(archpb.Activation_FUNCTION_SILU).From("g0").As("g"),
				sdk.Multiply("g", "u"),
				sdk.Linear(l+"down", archpb.Role_ROLE_DOWN, ffn, hidden).As("m"),
				sdk.Add("r", "m").As("h")),
			block("sparse", 0,
				sdk.Experts(sdk.Linear(l+"moe.router", archpb.Role_ROLE_ROUTER, hidden, 3), 3, 2, true,
					sdk.Linear(e+"w1", archpb.Role_ROLE_UP, hidden, ffn).Bias(true).Tensor(stacked+"w1").Stacked().From("x"),
					sdk.Activate(archpb.Activation_FUNCTION_RELU2),
					sdk.Linear(e+"w2", archpb.Role_ROLE_DOWN, ffn, hidden).Transposed(),
				).From("r").As("m"),
				sdk.Add("r", "m").As("h")),
		},
		Layers: []uint32{0, 1, 0},
		Epilogue: sdk.Program(
			sdk.LayerNorm("t.ln", hidden, 1e-5).From("h"),
			sdk.Linear("head", archpb.Role_ROLE_UNEMBED, hidden, vocab).Bias(true),
			sdk.Softcap(30).As("logits"),
		),
	}
}

func richTensors() []arch.TensorHeader {
	tensors := []arch.TensorHeader{
		{Name: "wte.weight", DType: "F32", Shape: []int{vocab, hidden}},
		{Name: "t.wpe.weight", DType: "F32", Shape: []int{20, hidden}},
		{Name: "t.ln.weight", DType: "F32", Shape: []int{hidden}},
		{Name: "t.ln.bias", DType: "F32", Shape: []int{hidden}},
		{Name: "head.weight", DType: "F32", Shape: []int{vocab, hidden}},
		{Name: "head.bias", DType: "F32", Shape: []int{vocab}},
		{Name: "rope_freqs.weight", DType: "F32", Shape: []int{1}},
	}
	add := func(name string, shape ...int) {
		tensors = append(tensors, arch.TensorHeader{Name: name, DType: "F32", Shape: shape})
	}
	for i, l := range []string{"t.h.0.", "t.h.1.", "t.h.2."} {
		add(l+"ln1.weight", hidden)
		add(l+"ln1.bias", hidden)
		add(l+"qkv.weight", hidden, 32)
		add(l+"qkv.bias", 32)
		add(l+"qn.weight", dim)
		add(l+"o.weight", hidden, qWidth)
		if i != 1 {
			add(l+"gu.weight", 2*ffn, hidden)
			add(l+"down.weight", hidden, ffn)
			continue
		}
		add(l+"moe.router.weight", 3, hidden)
		add(l+"experts.w1.weight", 3, ffn, hidden)
		add(l+"experts.w1.bias", 3, ffn)
		for _, e := range []string{"0", "1", "2"} {
			add(l+"moe.experts."+e+".w2.weight", ffn, hidden)
		}
	}
	return tensors
}

func TestNewExpandsEveryModule(t *testing.T) {
	a, err := arch.New(plain(), plainTensors())
	if err != nil {
		t.Fatal(err)
	}
	if a.Family != "test" || a.Vocab != vocab || a.Hidden != hidden || !slices.Equal(a.Layers, []int{0, 0}) {
		t.Errorf("family %q, vocab %d, hidden %d, layers %v", a.Family, a.Vocab, a.Hidden, a.Layers)
	}
	var paths []string
	for _, m := range a.Modules {
		paths = append(paths, m.Path)
	}
	want := "model.embed " +
		"model.layers.0.norm1 model.layers.0.q model.layers.0.k model.layers.0.v model.layers.0.o model.layers.0.up model.layers.0.down " +
		"model.layers.1.norm1 model.layers.1.q model.layers.1.k model.layers.1.v model.layers.1.o model.layers.1.up model.layers.1.down " +
		"model.norm head"
	if got := strings.Join(paths, " "); got != want {
		t.Errorf("modules %s\nexpected %s", got, want)
	}
	q := a.Module("model.layers.1.q")
	if q.Layer != 1 || q.Expert != -1 || q.Kind != arch.Linear || q.Role != archpb.Role_ROLE_Q || q.Out != qWidth || q.In != hidden ||
		q.Weight.Name != "model.layers.1.q.weight" || q.Bias == nil || q.Bias.Name != "model.layers.1.q.bias" {
		t.Errorf("q is %+v", q)
	}
	head := a.Module("head")
	if head.TiedTo != "model.embed" || head.Weight.Name != "model.embed.weight" || head.Copy != nil || head.Layer != arch.Outside {
		t.Errorf("head is %+v", head)
	}
	var sum int64
	for _, h := range plainTensors() {
		sum += entries(h.Shape)
	}
	if a.Parameters() != sum {
		t.Errorf("%d parameters, expected %d", a.Parameters(), sum)
	}
	if n := len(a.LayerModules(1)); n != 7 {
		t.Errorf("%d modules in layer 1, expected 7", n)
	}
	if a.Block(1) != a.Blocks[0] {
		t.Errorf("layer 1 does not run block 0")
	}
}

func TestNewExpandsPartsExpertsAndLayouts(t *testing.T) {
	a, err := arch.New(rich(), richTensors())
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, h := range richTensors() {
		if h.Name != "rope_freqs.weight" {
			sum += entries(h.Shape)
		}
	}
	if a.Parameters() != sum {
		t.Errorf("%d parameters, expected %d", a.Parameters(), sum)
	}
	qkv := a.Module("t.h.2.qkv")
	wantParts := []arch.Part{
		{Role: archpb.Role_ROLE_Q, Rows: []arch.Span{{First: 0, Count: 8}, {First: 16, Count: 8}}},
		{Role: archpb.Role_ROLE_K, Rows: []arch.Span{{First: 8, Count: 4}, {First: 24, Count: 4}}},
		{Role: archpb.Role_ROLE_V, Rows: []arch.Span{{First: 12, Count: 4}, {First: 28, Count: 4}}},
	}
	if !slices.EqualFunc(qkv.Parts, wantParts, func(x, y arch.Part) bool { return x.Role == y.Role && slices.Equal(x.Rows, y.Rows) }) {
		t.Errorf("qkv's parts are %v", qkv.Parts)
	}
	if !qkv.FanInFanOut || !qkv.Weight.Layout.Transposed || !slices.Equal(qkv.Weight.Shape, []int{8, 32}) ||
		!slices.Equal(qkv.Weight.CanonicalShape(), []int{32, 8}) || qkv.Bias.Layout != (arch.Layout{}) {
		t.Errorf("qkv is %+v, bias %+v", qkv, qkv.Bias)
	}
	w1 := a.Module("t.h.1.moe.experts.2.w1")
	stacked := arch.Layout{Stacked: true, Index: 2}
	if w1.Expert != 2 || w1.Weight.Layout != stacked || w1.Bias.Layout != stacked ||
		!slices.Equal(w1.Weight.CanonicalShape(), []int{ffn, hidden}) || !slices.Equal(w1.Bias.CanonicalShape(), []int{ffn}) {
		t.Errorf("w1 is %+v, bias %+v", w1, w1.Bias)
	}
	var moe []string
	for _, m := range a.LayerModules(1) {
		if strings.Contains(m.Path, "moe") {
			moe = append(moe, strings.TrimPrefix(m.Path, "t.h.1.moe."))
		}
	}
	want := []string{"router", "experts.0.w1", "experts.0.w2", "experts.1.w1", "experts.1.w2", "experts.2.w1", "experts.2.w2"}
	if !slices.Equal(moe, want) {
		t.Errorf("experts' modules %v, expected expert after expert: %v", moe, want)
	}
}

func entries(shape []int) int64 {
	n := int64(1)
	for _, d := range shape {
		n *= int64(d)
	}
	return n
}
