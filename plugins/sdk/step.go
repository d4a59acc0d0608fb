package sdk

import (
	"math"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Step is one step of a program. From names what it reads, As what it gives; with
// neither it goes on with the step before and hands its value to the step after.
type Step struct{ pb *archpb.Step }

// From names the values that the step reads: "tokens" and "positions" at the
// model's start, "h" (the residual stream) at a block's, "x" in experts' bodies, or
// what an earlier step of the same program gives.
func (s Step) From(names ...string) Step {
	s.pb.In = names
	return s
}

// As names the values that the step gives. The last step of prologue and blocks
// gives "h", the epilogue's "logits".
func (s Step) As(names ...string) Step {
	s.pb.Out = names
	return s
}

// Bias says whether a linear map or norm has a bias. A [LayerNorm] has, unless told.
func (s Step) Bias(has bool) Step {
	s.module().Bias = has
	return s
}

// Tensor says under which name the checkpoint holds the module, where that is not
// its path.
func (s Step) Tensor(name string) Step {
	s.module().Tensor = name
	return s
}

// TiedTo says that the unembedding shares the weight of the embedding of that path.
func (s Step) TiedTo(path string) Step {
	s.module().TiedTo = path
	return s
}

// Transposed says that the matrix lies as [in, out].
func (s Step) Transposed() Step {
	layout(s.module()).Transposed = true
	return s
}

// Stacked says that the tensors of all experts are one, with a leading axis.
func (s Step) Stacked() Step {
	layout(s.module()).Stacked = true
	return s
}

// Offset says what a norm adds to its weight before it multiplies (Gemma: 1).
func (s Step) Offset(by float64) Step {
	s.pb.GetNorm().Offset = by
	return s
}

// Skip says how many rows of an embedding come before that of index 0 (OPT's
// positions: 2).
func (s Step) Skip(rows int) Step {
	s.pb.GetEmbed().Offset = u32(rows)
	return s
}

// Groups says that a norm's input is so many runs of its width, each with a weight of
// its own. The tensor is [groups, width].
func (s Step) Groups(n int) Step {
	s.pb.GetNorm().Groups = u32(n)
	return s
}

// Conv1D says that HuggingFace's class of a linear map is Conv1D, which holds it as
// [in, out] and about which PEFT must be told.
func (s Step) Conv1D() Step {
	s.pb.GetLinear().FanInFanOut = true
	return s.Transposed()
}

// Fused says which rows of a fused map are whose: groups times the sizes, one a role.
func (s Step) Fused(groups int, roles []archpb.Role, sizes ...int) Step {
	s.pb.GetLinear().Parts = &archpb.Parts{Roles: roles, Sizes: u32s(sizes), Groups: u32(groups)}
	return s
}

func (s Step) module() *archpb.Module { return moduleOf(s.pb) }

// Embed looks up rows of a matrix [rows, width]; From("tokens") or "positions".
func Embed(path string, role archpb.Role, rows, width int) Step {
	return Step{&archpb.Step{Op: &archpb.Step_Embed{Embed: &archpb.Embed{
		Module: &archpb.Module{Path: path, Role: role}, Rows: u32(rows), Width: u32(width)}}}}
}

// Linear is y = x W^T (+ b), W [out, in].
func Linear(path string, role archpb.Role, in, out int) Step {
	return Step{&archpb.Step{Op: &archpb.Step_Linear{Linear: &archpb.Linear{
		Module: &archpb.Module{Path: path, Role: role}, In: u32(in), Out: u32(out)}}}}
}

// RMSNorm is x / sqrt(mean(x^2) + eps) * weight. On an input that is wider than
// width, each run of width entries is normed by itself.
func RMSNorm(path string, width int, eps float64) Step {
	return norm(path, archpb.Norm_KIND_RMS, width, eps)
}

// LayerNorm is (x - mean) / sqrt(var + eps) * weight + bias. Runs as in [RMSNorm].
func LayerNorm(path string, width int, eps float64) Step {
	return norm(path, archpb.Norm_KIND_LAYER, width, eps).Bias(true)
}

// BareLayerNorm is (x - mean) / sqrt(var + eps), with nothing learned.
func BareLayerNorm(width int, eps float64) Step {
	s := norm("", archpb.Norm_KIND_LAYER, width, eps)
	s.pb.GetNorm().Module = nil
	return s
}

func norm(path string, kind archpb.Norm_Kind, width int, eps float64) Step {
	return Step{&archpb.Step{Op: &archpb.Step_Norm{Norm: &archpb.Norm{
		Module: &archpb.Module{Path: path, Role: archpb.Role_ROLE_NORM}, Kind: kind, Eps: eps, Width: u32(width)}}}}
}

// Rope rotates the heads of q or k; [Config.Rope] makes its argument.
func Rope(r *archpb.Rope) Step { return Step{&archpb.Step{Op: &archpb.Step_Rope{Rope: r}}} }

// Heads is the shape of an attention.
type Heads struct {
	Count, KV, Dim int
	Scale          float64 // of the scores; 0: 1/sqrt(Dim)
	Softcap        float64 // 0: none
	Window         int     // position i sees i-Window+1 .. i; 0: all before it
	AlibiSlopes    []float64
}

// Attention is causal attention; From(q, k, v).
func Attention(h Heads) Step {
	scale := h.Scale
	if scale == 0 {
		scale = 1 / math.Sqrt(float64(h.Dim))
	}
	return Step{&archpb.Step{Op: &archpb.Step_Attention{Attention: &archpb.Attention{
		Heads: u32(h.Count), KvHeads: u32(h.KV), HeadDim: u32(h.Dim),
		Scale: scale, Softcap: h.Softcap, Window: u32(h.Window), AlibiSlopes: h.AlibiSlopes}}}}
}

// Activate applies a function elementwise.
func Activate(f archpb.Activation_Function) Step {
	return Step{&archpb.Step{Op: &archpb.Step_Activation{Activation: &archpb.Activation{Function: f}}}}
}

// Add adds the named values.
func Add(names ...string) Step { return combine(archpb.Combine_KIND_ADD, names) }

// Multiply multiplies the named values elementwise; one of width 1 is broadcast.
func Multiply(names ...string) Step { return combine(archpb.Combine_KIND_MULTIPLY, names) }

func combine(kind archpb.Combine_Kind, names []string) Step {
	return Step{&archpb.Step{In: names, Op: &archpb.Step_Combine{Combine: &archpb.Combine{Kind: kind}}}}
}

// Scale multiplies by a number.
func Scale(by float64) Step {
	return Step{&archpb.Step{Op: &archpb.Step_Scale{Scale: &archpb.Scale{By: by}}}}
}

// Softcap is limit * tanh(x / limit).
func Softcap(limit float64) Step {
	return Step{&archpb.Step{Op: &archpb.Step_Softcap{Softcap: &archpb.Softcap{Cap: limit}}}}
}

// Split views the width as groups times the sizes and cuts inside each group; it
// gives one value a size.
func Split(groups int, sizes ...int) Step {
	return Step{&archpb.Step{Op: &archpb.Step_Split{Split: &archpb.Split{Sizes: u32s(sizes), Groups: u32(groups)}}}}
}

// Join puts the named values side by side, in that order.
func Join(names ...string) Step {
	return Step{&archpb.Step{In: names, Op: &archpb.Step_Join{Join: &archpb.Join{}}}}
}

// Experts sends each token through the top of count bodies that the router's
// logits choose, and sums them by the softmax's weights; renormalize divides these
// by their sum. A body goes from "x" to its last step's value; {expert} in its
// modules' names is the index.
func Experts(router Step, count, top int, renormalize bool, body ...Step) Step {
	return Step{&archpb.Step{Op: &archpb.Step_Experts{Experts: &archpb.Experts{
		Router: router.pb.GetLinear(), Count: u32(count), TopK: u32(top), Renormalize: renormalize, Body: Program(body...)}}}}
}

// u32 turns a size into the contract's. What does not fit becomes the largest
// number, which the host refuses by the step's name.
func u32(n int) uint32 {
	if n < 0 || uint64(n) > math.MaxUint32 {
		return math.MaxUint32
	}
	return uint32(n)
}

func u32s(sizes []int) []uint32 {
	out := make([]uint32, len(sizes))
	for i, n := range sizes {
		out[i] = u32(n)
	}
	return out
}
