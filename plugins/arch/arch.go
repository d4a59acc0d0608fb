// Package arch is the contract between the Nugget host and its architecture
// plugins: arch.proto, the code generated from it (archpb), what the two agree on
// before they talk, and the validated description that the host works with.
//
// It promises that an [Architecture] is sound: every name that its program uses
// exists, every shape fits its checkpoint, data flows from tokens to logits, and
// every tensor of the checkpoint is used, tied or ignored by name. Whoever holds
// one needs no further checks. A description is not trusted on the way there:
// whatever a plugin sends, [New] returns an error that names the step or the tensor.
//
// # Compatibility
//
// The contract has a version, MAJOR.MINOR. MAJOR is the handshake's protocol version
// ([Handshake]) and the 1 of the proto package nugget.arch.v1; MINOR is
// [ContractMinor]. Within a major version:
//
//   - Messages only gain fields, steps and enum values. Nothing is removed, renumbered,
//     renamed or given another meaning, and what a field means while a newer one is not
//     set never changes. testdata/contract.txt records all there is, and a test holds
//     arch.proto to it.
//   - A plugin that was built once is understood by every later host, and its
//     descriptions run as on the day it was built. What it cannot say since is in
//     [Added].
//   - A newer plugin's descriptions are taken as long as they use nothing new. Else
//     they are refused, by the step's, the field's or the value's name: to read past
//     what one does not know would be to run another model than the one described.
//     A plugin therefore sets what is new only where a checkpoint needs it.
//   - A request may gain fields that an older plugin does not see. Its answer is right
//     without them.
//
// A host speaks one major version, and says at the handshake which one it expected.
//
// It knows no family and reads no weights.
package arch

import (
	"strconv"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Outside is the layer index of what lies outside the layers: embeddings, the
// final norm, the unembedding.
const Outside = -1

// TensorHeader is what is known of a checkpoint tensor without reading it. Shape
// is row-major, outermost axis first.
type TensorHeader struct {
	Name  string
	DType string
	Shape []int
}

// Architecture is a validated description of one checkpoint.
type Architecture struct {
	Family       string
	Vocab        int // entries of the logits
	Hidden       int // width of "h"
	MaxPositions int // 0: unknown

	Prologue []*archpb.Step
	Blocks   []*archpb.Block
	Layers   []int // layer i runs Blocks[Layers[i]]
	Epilogue []*archpb.Step

	Modules []*Module // every learned module, experts' too, in program order

	byPath map[string]*Module
}

// Kind is what a module does.
type Kind int

// The kinds of module.
const (
	Linear Kind = iota + 1
	Embedding
	Norm
)

// Module is one learned module of one layer, its templates expanded.
type Module struct {
	Path   string // PEFT's: "model.layers.3.self_attn.q_proj"
	Layer  int    // or Outside
	Expert int    // -1: not an expert's
	Kind   Kind
	Role   archpb.Role

	// Out and In are the canonical weight's shape: linear [out, in], embedding
	// [rows, width]; a norm has Out entries and In 0.
	Out, In int

	Weight Tensor  // for a tied module the tensor of the module it is tied to
	Bias   *Tensor // nil: none
	TiedTo string  // path of the module that owns the weight; "": this one

	// Copy is a tied module's own weight, where the checkpoint holds both. It should
	// equal the owner's. Transformers unties the two where it does not; see Untie.
	Copy *Tensor

	FanInFanOut bool   // HuggingFace's class is Conv1D
	Parts       []Part // of a fused linear map; nil: not fused
}

// Tensor is a checkpoint tensor and how it differs from the canonical layout.
type Tensor struct {
	Name   string
	Shape  []int // on disk
	Layout Layout
}

// Layout is archpb.Layout, expanded.
type Layout struct {
	Transposed       bool
	InterleavedHeads int // 0: none
	Offset           float64
	Stacked          bool // a leading axis of experts...
	Index            int  // ...of which this one is the module's
	Folded           bool // a vector, cut into rows
}

// Part is the rows of a fused linear map that play one role, in order.
type Part struct {
	Role archpb.Role
	Rows []Span
}

// Span is the half-open range [First, First+Count) of output rows.
type Span struct{ First, Count int }

// Module returns the module of that path, or nil.
func (a *Architecture) Module(path string) *Module { return a.byPath[path] }

// Block returns the program of a layer.
func (a *Architecture) Block(layer int) *archpb.Block { return a.Blocks[a.Layers[layer]] }

// LayerModules returns the modules of one layer, or those Outside, in program order.
func (a *Architecture) LayerModules(layer int) []*Module {
	var modules []*Module
	for _, m := range a.Modules {
		if m.Layer == layer {
			modules = append(modules, m)
		}
	}
	return modules
}

// Parameters is the number of learned numbers; what is shared counts once.
func (a *Architecture) Parameters() int64 {
	var n int64
	for _, m := range a.Modules {
		if m.TiedTo == "" {
			n += int64(m.Out) * int64(max(m.In, 1))
		}
		if m.Bias != nil {
			n += int64(m.Out)
		}
	}
	return n
}

// Expand fills {layer} and {expert} in a template of the description.
func Expand(template string, layer, expert int) string {
	s := strings.ReplaceAll(template, "{layer}", strconv.Itoa(layer))
	return strings.ReplaceAll(s, "{expert}", strconv.Itoa(expert))
}
