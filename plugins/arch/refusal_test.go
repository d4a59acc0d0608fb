package arch_test

import (
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, expected %q", want)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("error %q\nexpected %q", err, want)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error of several lines: %q", err)
	}
}

// step is a step of plain's block by what it does: "norm1", "q", "q rope", ...
var steps = map[string]int{
	"norm": 0, "q": 1, "q rope": 2, "k": 3, "k rope": 4, "v": 5, "attention": 6, "o": 7,
	"first add": 8, "up": 9, "activation": 10, "down": 11, "last add": 12,
}

func in(m *archpb.Model, name string) *archpb.Step { return m.Blocks[0].Steps[steps[name]] }

func TestNewRefusesDescriptions(t *testing.T) {
	huge := uint32(math.MaxUint32)
	for _, c := range []struct {
		name   string
		change func(m *archpb.Model)
		want   string
	}{
		{"no layers", func(m *archpb.Model) { m.Layers = nil }, "the description has 0 layers, expected 1 to 4096"},
		{"too many layers", func(m *archpb.Model) { m.Layers = sdk.Repeat(4097) }, "the description has 4097 layers"},
		{"no blocks", func(m *archpb.Model) { m.Blocks = nil }, "the description has 0 blocks"},
		{"a layer of no block", func(m *archpb.Model) { m.Layers[1] = huge }, "layer 1 runs block 4294967295 of 1"},
		{"a block of no layer", func(m *archpb.Model) { m.Blocks = append(m.Blocks, m.Blocks[0]) }, `block 1 ("layer") is run by no layer`},
		{"no family", func(m *archpb.Model) { m.Family = "" }, "family is empty"},
		{"a long family", func(m *archpb.Model) { m.Family = strings.Repeat("x", 300) }, "has 300 bytes, expected at most 256"},
		{"max_positions", func(m *archpb.Model) { m.MaxPositions = huge }, "max_positions is 4294967295"},
		{"no prologue", func(m *archpb.Model) { m.Prologue = nil }, "prologue has 0 steps, expected 1 to 1024"},
		{"no epilogue", func(m *archpb.Model) { m.Epilogue = nil }, "epilogue has 0 steps"},
		{"an empty block", func(m *archpb.Model) { m.Blocks[0].Steps = nil }, `block "layer" has 0 steps`},
		{"a nil block", func(m *archpb.Model) { m.Blocks[0] = nil }, "block 0 has 0 steps"},
		{"too many steps", func(m *archpb.Model) { m.Epilogue = make([]*archpb.Step, 2000) }, "epilogue has 2000 steps"},
		{"a nil step", func(m *archpb.Model) { m.Epilogue[0] = nil }, "epilogue step 1 (of no kind): the step does nothing"},
		{"a nil op", func(m *archpb.Model) { m.Epilogue[0].Op = &archpb.Step_Norm{} }, "epilogue step 1 (norm): the step does nothing"},
		{"ignore everything", func(m *archpb.Model) { m.Ignore = []string{"*.*"} }, `ignore: pattern "*.*"`},
		{"too much to ignore", func(m *archpb.Model) { m.Ignore = make([]string, 257) }, "ignores 257 patterns"},

		{"an unset value", func(m *archpb.Model) { in(m, "v").In = []string{"y"} },
			`block "layer" step 6 (linear model.layers.{layer}.v): in: value "y" is not set before this step`},
		{"a later value", func(m *archpb.Model) { in(m, "q").In = []string{"k"} }, `value "k" is not set before this step`},
		{"a value set twice", func(m *archpb.Model) { in(m, "k rope").Out = []string{"q"} }, `out: value "q" is set before`},
		{"h set early", func(m *archpb.Model) { in(m, "first add").Out = []string{"h"} }, `out: value "h" is set before`},
		{"logits set early", func(m *archpb.Model) { in(m, "q rope").Out = []string{"logits"} }, `only the last step may set "logits"`},
		{"tokens set", func(m *archpb.Model) { in(m, "q rope").Out = []string{"tokens"} }, `value "tokens" is set before`},
		{"a block that does not give h", func(m *archpb.Model) { in(m, "last add").Out = []string{"g"} }, `the last step's out is ["g"], expected ["h"]`},
		{"a block that gives nothing", func(m *archpb.Model) { in(m, "last add").Out = nil }, `the last step's out is [], expected ["h"]`},
		{"no logits", func(m *archpb.Model) { m.Epilogue[1].Out = []string{"h"} }, `expected ["logits"]`},
		{"nothing before", func(m *archpb.Model) { m.Epilogue[0].In = nil }, "in is empty, but there is no step before this one"},
		{"a dropped value", func(m *archpb.Model) { in(m, "q rope").In = []string{"x"} }, "the step before this one has no name for its output"},
		{"an unused value", func(m *archpb.Model) { in(m, "attention").In = []string{"q", "k", "k"} }, `block "layer": value "v" is never used`},
		{"an unused h", func(m *archpb.Model) {
			m.Epilogue = sdk.Program(sdk.RMSNorm("model.norm", hidden, 0).From("h").As("x"),
				sdk.Linear("head", archpb.Role_ROLE_UNEMBED, hidden, vocab).From("logits"))
		}, `value "logits" is not set`},
		{"an unnamed value", func(m *archpb.Model) { in(m, "v").Out = []string{""} }, "out: name is empty"},
		{"two names for one value", func(m *archpb.Model) { in(m, "v").Out = []string{"v", "w"} }, "out has 2 names, expected 1"},
		{"two inputs of a linear map", func(m *archpb.Model) { in(m, "v").In = []string{"x", "h"} }, "in has 2 values, expected one"},
		{"tokens as a value", func(m *archpb.Model) {
			m.Prologue = append(sdk.Program(sdk.Add("tokens", "tokens").As("t")), m.Prologue...)
		}, `prologue step 1 (combine): in: "tokens" is an index`},
		{"no embedding", func(m *archpb.Model) {
			m.Prologue = sdk.Program(sdk.Embed("wpe", archpb.Role_ROLE_POSITION, 5, hidden).From("positions").As("h"))
		}, `prologue: value "tokens" is never used`},
		{"two embeddings", func(m *archpb.Model) {
			m.Prologue = sdk.Program(
				sdk.Embed("a", archpb.Role_ROLE_EMBED, vocab, hidden).From("tokens").As("a"),
				sdk.Embed("b", archpb.Role_ROLE_EMBED, vocab, hidden).From("tokens").As("b"), sdk.Add("a", "b").As("h"))
		}, "prologue: 2 embeddings of tokens, expected one"},
		{"an embedding of a value", func(m *archpb.Model) { m.Prologue[0].In = []string{"positions"} }, "has role ROLE_EMBED, expected ROLE_POSITION"},

		{"an embedding in a block", func(m *archpb.Model) {
			in(m, "q").Op = &archpb.Step_Embed{Embed: m.Prologue[0].GetEmbed()}
		}, "a step of this kind cannot stand here"},
		{"attention in the epilogue", func(m *archpb.Model) {
			m.Epilogue[0] = proto.CloneOf(in(m, "attention"))
			m.Epilogue[0].In = []string{"h", "h", "h"}
		}, "epilogue step 1 (attention): a step of this kind cannot stand here"},
		{"a norm behind the unembedding", func(m *archpb.Model) {
			m.Epilogue[1].Out = nil
			m.Epilogue = append(m.Epilogue, sdk.Program(sdk.RMSNorm("n", vocab, 0).As("logits"))...)
		}, "only scale, softcap and activation may follow the unembedding"},
		{"no unembedding", func(m *archpb.Model) { m.Epilogue = m.Epilogue[:1]; m.Epilogue[0].Out = []string{"logits"} }, "no linear map of role ROLE_UNEMBED"},
		{"an unembedding in a block", func(m *archpb.Model) { in(m, "up").GetLinear().Module.Role = archpb.Role_ROLE_UNEMBED }, "the unembedding belongs in the epilogue"},
		{"h of another width", func(m *archpb.Model) {
			m.Blocks[0].Steps = sdk.Program(sdk.Linear("l{layer}", archpb.Role_ROLE_UP, hidden, ffn).From("h").As("h"))
		}, `block "layer": h has width 6 after it, expected 8 as before`},

		{"no module", func(m *archpb.Model) { in(m, "up").GetLinear().Module = nil }, "has role ROLE_UNSPECIFIED"},
		{"no role", func(m *archpb.Model) { in(m, "up").GetLinear().Module.Role = 0 }, "a linear map has role ROLE_UNSPECIFIED"},
		{"a role of a later contract", func(m *archpb.Model) { in(m, "up").GetLinear().Module.Role = 99 }, "the description uses value 99 of Module.role"},
		{"a router's role", func(m *archpb.Model) { in(m, "up").GetLinear().Module.Role = archpb.Role_ROLE_ROUTER }, "a linear map has role ROLE_ROUTER"},
		{"a norm's role", func(m *archpb.Model) { in(m, "norm").GetNorm().Module.Role = archpb.Role_ROLE_Q }, "a norm has role ROLE_Q"},
		{"no path", func(m *archpb.Model) { in(m, "up").GetLinear().Module.Path = "" }, "path is empty"},
		{"an empty name in a path", func(m *archpb.Model) { in(m, "up").GetLinear().Module.Path = "a..b" }, `path "a..b": expected names of letters`},
		{"a slash in a path", func(m *archpb.Model) { in(m, "up").GetLinear().Module.Path = "../{layer}" }, "expected names of letters"},
		{"an unknown index in a path", func(m *archpb.Model) { in(m, "up").GetLinear().Module.Path = "m.{i}" }, "expected names of letters"},
		{"an expert outside experts", func(m *archpb.Model) { in(m, "up").GetLinear().Module.Path = "m.{layer}.{expert}" }, "names an expert outside the experts"},
		{"a layer outside the layers", func(m *archpb.Model) { m.Epilogue[0].GetNorm().Module.Path = "m.{layer}" }, "names a layer outside the layers"},
		{"a long path", func(m *archpb.Model) { in(m, "up").GetLinear().Module.Path = strings.Repeat("p", 300) }, "has 300 bytes"},
		{"a long tensor", func(m *archpb.Model) { in(m, "up").GetLinear().Module.Tensor = strings.Repeat("p", 300) }, "has 300 bytes"},
		{"one path for all layers", func(m *archpb.Model) { in(m, "up").GetLinear().Module.Path = "model.up" }, `layer 1: path "model.up" is another module's`},
		{"one path twice", func(m *archpb.Model) {
			in(m, "up").GetLinear().Module.Path = in(m, "down").GetLinear().Module.Path
		}, `path "model.layers.0.down" is another module's`},
		{"a path that ends in another", func(m *archpb.Model) {
			m.Epilogue[0].GetNorm().Module.Path = "norm1"
		}, `path "model.layers.0.norm1" ends in the path of another module, "norm1"`},
		{"a biased embedding", func(m *archpb.Model) { m.Prologue[0].GetEmbed().Module.Bias = true }, "an embedding has no bias"},

		{"tied to nothing", func(m *archpb.Model) { m.Epilogue[1].GetLinear().Module.TiedTo = "wte" }, `tied to "wte", which is no module`},
		{"tied to a norm", func(m *archpb.Model) { m.Epilogue[1].GetLinear().Module.TiedTo = "model.norm" }, "tied to model.norm, which is no embedding"},
		{"tied to another shape", func(m *archpb.Model) { m.Epilogue[1].GetLinear().Out++ }, "tied to model.embed of shape [11, 8], expected [12, 8]"},
		{"a tied map in a block", func(m *archpb.Model) { in(m, "up").GetLinear().Module.TiedTo = "model.embed" }, "only the unembedding may share a weight"},

		{"in of another width", func(m *archpb.Model) { in(m, "up").GetLinear().In++ },
			`block "layer" step 10 (linear model.layers.{layer}.up): in is 9, but its input has width 8`},
		{"in 0", func(m *archpb.Model) { in(m, "up").GetLinear().In = 0 }, "in is 0, expected 1 to"},
		{"out 0", func(m *archpb.Model) { in(m, "up").GetLinear().Out = 0 }, "out is 0, expected 1 to"},
		{"out too large", func(m *archpb.Model) { in(m, "up").GetLinear().Out = huge }, "out is 4294967295, expected 1 to"},
		{"a matrix too large", func(m *archpb.Model) {
			m.Prologue = sdk.Program(sdk.Embed("e", archpb.Role_ROLE_EMBED, 1<<28, 1<<28).From("tokens").As("h"))
		}, "[268435456, 268435456] is more than"},
		{"rows 0", func(m *archpb.Model) { m.Prologue[0].GetEmbed().Rows = 0 }, "rows is 0"},
		{"width 0", func(m *archpb.Model) { m.Prologue[0].GetEmbed().Width = 0 }, "width is 0"},
		{"an offset beyond the rows", func(m *archpb.Model) { m.Prologue[0].GetEmbed().Offset = vocab }, "offset 11 leaves no row of 11"},
		{"hidden of another width", func(m *archpb.Model) { m.Prologue[0].GetEmbed().Width++ }, "width is 8, but its input has width 9"},

		{"a norm of no kind", func(m *archpb.Model) { in(m, "norm").GetNorm().Kind = 0 }, "unknown kind KIND_UNSPECIFIED"},
		{"a norm of a later kind", func(m *archpb.Model) { in(m, "norm").GetNorm().Kind = 77 }, "the description uses value 77 of Norm.kind, which contract 1.2 does not have"},
		{"a norm of another width", func(m *archpb.Model) { in(m, "norm").GetNorm().Width = 3 }, "width is 3, but its input has width 8"},
		{"a norm of no width", func(m *archpb.Model) { in(m, "norm").GetNorm().Width = 0 }, "width is 0"},
		{"eps NaN", func(m *archpb.Model) { in(m, "norm").GetNorm().Eps = math.NaN() }, "eps is NaN"},
		{"eps negative", func(m *archpb.Model) { in(m, "norm").GetNorm().Eps = -1e-6 }, "eps is -1e-06"},
		{"eps infinite", func(m *archpb.Model) { in(m, "norm").GetNorm().Eps = math.Inf(1) }, "eps is +Inf"},
		{"a norm's offset", func(m *archpb.Model) { in(m, "norm").GetNorm().Offset = math.Inf(-1) }, "offset is -Inf"},

		{"no frequencies", func(m *archpb.Model) { in(m, "q rope").GetRope().Frequencies = nil }, "0 frequencies, expected 1 to 2"},
		{"too many frequencies", func(m *archpb.Model) { in(m, "q rope").GetRope().Frequencies.InvFreq = []float64{1, 1, 1} }, "3 frequencies, expected 1 to 2"},
		{"a NaN frequency", func(m *archpb.Model) { in(m, "q rope").GetRope().Frequencies.InvFreq[1] = math.NaN() }, "inv_freq[1] is NaN"},
		{"a negative frequency", func(m *archpb.Model) { in(m, "q rope").GetRope().Frequencies.InvFreq[0] = -1 }, "inv_freq[0] is -1"},
		{"a NaN magnitude", func(m *archpb.Model) { in(m, "q rope").GetRope().Frequencies.Magnitude = math.NaN() }, "magnitude is NaN"},
		{"rope of no head", func(m *archpb.Model) { in(m, "q rope").GetRope().HeadDim = 0 }, "head_dim is 0"},
		{"rope of another head", func(m *archpb.Model) { in(m, "q rope").GetRope().HeadDim = 5 }, "the width 16 is not a multiple of head_dim 5"},
		{"missing divisors", func(m *archpb.Model) { in(m, "q rope").GetRope().Frequencies.Divisors = "f" },
			`block "layer" step 3 (rope), layer 0: the checkpoint has no tensor "f", expected one of shape [2]`},
		{"divisors that are a module's", func(m *archpb.Model) { in(m, "k rope").GetRope().Frequencies.Divisors = "model.norm.weight" }, "has shape [8], expected [2]"},
		{"dynamic without theta", func(m *archpb.Model) { dynamic(m).Theta = 0 }, "dynamic_ntk: theta is 0"},
		{"dynamic without factor", func(m *archpb.Model) { dynamic(m).Factor = math.NaN() }, "dynamic_ntk: factor is NaN"},
		{"dynamic without length", func(m *archpb.Model) { dynamic(m).OriginalLength = 0 }, "dynamic_ntk: original_length is 0"},
		{"dynamic of one frequency", func(m *archpb.Model) {
			dynamic(m)
			in(m, "q rope").GetRope().Frequencies.InvFreq = []float64{1}
		}, "dynamic_ntk: one frequency"},
		{"dynamic and longer", func(m *archpb.Model) {
			dynamic(m)
			r := in(m, "q rope").GetRope()
			r.Longer = &archpb.Longer{Above: 5, Frequencies: r.Frequencies}
		}, "cannot stand beside longer"},
		{"longer above nothing", func(m *archpb.Model) {
			r := in(m, "q rope").GetRope()
			r.Longer = &archpb.Longer{Frequencies: r.Frequencies}
		}, "longer: above is 0"},
		{"longer of fewer frequencies", func(m *archpb.Model) {
			in(m, "q rope").GetRope().Longer = &archpb.Longer{Above: 5, Frequencies: &archpb.Frequencies{InvFreq: []float64{1}}}
		}, "longer: 1 frequencies, expected 2"},
		{"longer of NaN", func(m *archpb.Model) {
			in(m, "q rope").GetRope().Longer = &archpb.Longer{Above: 5, Frequencies: &archpb.Frequencies{InvFreq: []float64{1, math.NaN()}}}
		}, "longer: inv_freq[1] is NaN"},

		{"heads 0", func(m *archpb.Model) { in(m, "attention").GetAttention().Heads = 0 }, "heads is 0"},
		{"kv_heads 0", func(m *archpb.Model) { in(m, "attention").GetAttention().KvHeads = 0 }, "kv_heads is 0"},
		{"head_dim 0", func(m *archpb.Model) { in(m, "attention").GetAttention().HeadDim = 0 }, "head_dim is 0"},
		{"heads that are no multiple", func(m *archpb.Model) { in(m, "attention").GetAttention().KvHeads = 3 }, "4 heads are not a multiple of 3 kv_heads"},
		{"q of another width", func(m *archpb.Model) { in(m, "attention").GetAttention().Heads = 2 }, "q has width 16, expected 2 heads of 4"},
		{"k of another width", func(m *archpb.Model) { in(m, "attention").GetAttention().KvHeads = 4 }, "k has width 8, expected 4 heads of 4"},
		{"v of another width", func(m *archpb.Model) { in(m, "v").GetLinear().Out = 4 }, "v has width 4, expected 2 heads of 4"},
		{"heads that overflow", func(m *archpb.Model) {
			a := in(m, "attention").GetAttention()
			a.Heads, a.KvHeads, a.HeadDim = 1<<28, 1<<28, 1<<28
		}, "q has width 16"},
		{"two inputs of attention", func(m *archpb.Model) { in(m, "attention").In = []string{"q", "k"} }, "in has 2 values, expected q, k and v"},
		{"scale 0", func(m *archpb.Model) { in(m, "attention").GetAttention().Scale = 0 }, "scale is 0, expected a positive number"},
		{"scale NaN", func(m *archpb.Model) { in(m, "attention").GetAttention().Scale = math.NaN() }, "scale is NaN"},
		{"softcap negative", func(m *archpb.Model) { in(m, "attention").GetAttention().Softcap = -1 }, "softcap is -1"},
		{"window too large", func(m *archpb.Model) { in(m, "attention").GetAttention().Window = huge }, "window is 4294967295"},
		{"alibi of too few", func(m *archpb.Model) { in(m, "attention").GetAttention().AlibiSlopes = []float64{1} }, "alibi_slopes has 1 entries"},
		{"alibi NaN", func(m *archpb.Model) {
			in(m, "attention").GetAttention().AlibiSlopes = []float64{1, 1, math.NaN(), 1}
		}, "alibi slope is NaN"},

		{"an activation of no function", func(m *archpb.Model) { in(m, "activation").GetActivation().Function = 0 }, "unknown function FUNCTION_UNSPECIFIED"},
		{"an activation of a later function", func(m *archpb.Model) { in(m, "activation").GetActivation().Function = 50 }, "uses value 50 of Activation.function, which contract 1.2 does not have"},
		{"a combination of no kind", func(m *archpb.Model) { in(m, "last add").GetCombine().Kind = 0 }, "unknown kind KIND_UNSPECIFIED"},
		{"a combination of one", func(m *archpb.Model) { in(m, "last add").In = []string{"m"} }, "in has 1 values, expected two or more"},
		{"a combination of widths", func(m *archpb.Model) { in(m, "first add").In = []string{"h", "q"} }, "values of widths 16 and 8"},
		{"a scale of 0", func(m *archpb.Model) { m.Epilogue = append(m.Epilogue, scaled(m, 0)) }, "epilogue step 3 (scale): by is 0"},
		{"a scale of NaN", func(m *archpb.Model) { m.Epilogue = append(m.Epilogue, scaled(m, math.NaN())) }, "by is NaN"},
		{"a cap of 0", func(m *archpb.Model) {
			m.Epilogue = append(m.Epilogue, scaled(m, 1))
			m.Epilogue[2].Op = &archpb.Step_Softcap{Softcap: &archpb.Softcap{}}
		}, "cap is 0"},

		{"parts of a plain map", func(m *archpb.Model) { in(m, "up").GetLinear().Parts = &archpb.Parts{} }, "parts: a map of role ROLE_UP has none"},
		{"no parts of a fused map", func(m *archpb.Model) { in(m, "up").GetLinear().Module.Role = archpb.Role_ROLE_QKV }, "parts: roles [], expected each of"},
		{"parts of other roles", func(m *archpb.Model) {
			fuse(m, 3, 3).Roles[1] = archpb.Role_ROLE_GATE
		}, "parts: roles [ROLE_GATE ROLE_GATE], expected each of [ROLE_GATE ROLE_UP] once"},
		{"parts that do not fit", func(m *archpb.Model) { fuse(m, 3, 4) }, "1 groups of sizes [3 4] do not make up the width 6"},
		{"parts of nothing", func(m *archpb.Model) { fuse(m, 0, 6) }, "size is 0"},
		{"parts of one size", func(m *archpb.Model) { fuse(m, 6) }, "parts: 1 sizes for 2 roles"},
		{"parts that overflow", func(m *archpb.Model) { fuse(m, 1<<28, 1<<28).Groups = 1 << 28 }, "do not make up the width 6"},

		{"a transposed norm", func(m *archpb.Model) { layoutOf(in(m, "norm").GetNorm().Module).Transposed = true }, "layout: transposed, but only a linear map"},
		{"an interleaved norm", func(m *archpb.Model) { layoutOf(in(m, "norm").GetNorm().Module).InterleavedHeads = 2 }, "layout: interleaved_heads 2"},
		{"odd interleaved heads", func(m *archpb.Model) { layoutOf(in(m, "q").GetLinear().Module).InterleavedHeads = 16 }, "16 rows are not 16 heads of two halves"},
		{"huge interleaved heads", func(m *archpb.Model) { layoutOf(in(m, "q").GetLinear().Module).InterleavedHeads = huge }, "16 rows are not 4294967295 heads"},
		{"an offset map", func(m *archpb.Model) { layoutOf(in(m, "q").GetLinear().Module).Offset = 1 }, "layout: offset 1, but only a norm"},
		{"an offset of NaN", func(m *archpb.Model) { layoutOf(in(m, "norm").GetNorm().Module).Offset = math.NaN() }, "layout: offset is NaN"},
		{"stacked outside experts", func(m *archpb.Model) { layoutOf(in(m, "q").GetLinear().Module).Stacked = true }, "layout: stacked, but this is no expert's module"},
		{"one tensor for two modules", func(m *archpb.Model) {
			in(m, "v").GetLinear().Module.Tensor = "model.layers.{layer}.k"
		}, `tensor "model.layers.0.k.weight" is used by model.layers.0.k already`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := plain()
			c.change(m)
			_, err := arch.New(m, plainTensors())
			wantError(t, err, c.want)
		})
	}
}

func dynamic(m *archpb.Model) *archpb.DynamicNTK {
	d := &archpb.DynamicNTK{Theta: 10000, Factor: 2, OriginalLength: 16}
	in(m, "q rope").GetRope().DynamicNtk = d
	return d
}

func scaled(m *archpb.Model, by float64) *archpb.Step {
	m.Epilogue[1].Out = nil
	return sdk.Program(sdk.Scale(by).As("logits"))[0]
}

func fuse(m *archpb.Model, sizes ...uint32) *archpb.Parts {
	l := in(m, "up").GetLinear()
	l.Module.Role = archpb.Role_ROLE_GATE_UP
	l.Parts = &archpb.Parts{Roles: []archpb.Role{archpb.Role_ROLE_GATE, archpb.Role_ROLE_UP}, Sizes: sizes}
	return l.Parts
}

func layoutOf(m *archpb.Module) *archpb.Layout {
	m.Layout = &archpb.Layout{}
	return m.Layout
}
