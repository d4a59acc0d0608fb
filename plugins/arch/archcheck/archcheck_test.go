package archcheck

import (
	"fmt"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// sound is a plugin with nothing wrong: a model of one map a layer.
func sound() sdk.Plugin {
	return sdk.Plugin{Name: "test", Version: "0.1.0", ModelTypes: []string{"test"}, Describe: describeSound}
}

func describeSound(req *archpb.DescribeRequest) (*archpb.Model, error) {
	c := sdk.NewConfig(req)
	width, vocab, layers := c.Size("width", 4), c.Size("vocab", 7), c.Size("layers", 2)
	eps := c.NonNegative("eps", 1e-6)
	if inner := c.Object("inner"); inner != nil {
		inner.Float("factor", 1)
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	return &archpb.Model{
		Family:   "test",
		Prologue: sdk.Program(sdk.Embed("embed", archpb.Role_ROLE_EMBED, vocab, width).From("tokens").As("h")),
		Blocks: []*archpb.Block{sdk.Block("layer",
			sdk.RMSNorm("layers.{layer}.norm", width, eps).From("h"),
			sdk.Linear("layers.{layer}.up", archpb.Role_ROLE_UP, width, width).As("u"),
			sdk.Add("h", "u").As("h"))},
		Layers:   sdk.Repeat(layers),
		Epilogue: sdk.Program(sdk.Linear("head", archpb.Role_ROLE_UNEMBED, width, vocab).From("h").As("logits")),
		Ignore:   []string{"*.buffer"},
	}, nil
}

func soundCheckpoint() Checkpoint {
	c := Checkpoint{
		Name:       "sound",
		Config:     []byte(`{"model_type": "test", "width": 4, "vocab": 7.0, "layers": 2, "eps": 1e-5, "inner": {"factor": 2}, "unread": [1]}`),
		Parameters: 2*7*4 + 2*(4+16),
	}
	for name, shape := range map[string][]int{
		"embed.weight": {7, 4}, "head.weight": {7, 4}, "layers.0.norm.weight": {4}, "layers.1.norm.weight": {4},
		"layers.0.up.weight": {4, 4}, "layers.1.up.weight": {4, 4}, "a.buffer": {3},
	} {
		c.Tensors = append(c.Tensors, arch.TensorHeader{Name: name, DType: "F32", Shape: shape})
	}
	return c
}

// asked is a plugin in the test's process.
func asked(p sdk.Plugin) Target {
	return Target{
		Info: func() (*archpb.InfoResponse, error) {
			return &archpb.InfoResponse{Name: p.Name, Version: p.Version, ModelTypes: p.ModelTypes,
				GgufArchitectures: p.GGUFArchitectures, ContractMinor: arch.ContractMinor}, nil
		},
		Describe: func(req *archpb.DescribeRequest) (m *archpb.Model, err error) {
			defer func() {
				if r := recover(); r != nil {
					m, err = nil, &Fault{fmt.Sprintf("panicked: %v", r)}
				}
			}()
			if m, err = p.Describe(req); m == nil && err == nil {
				err = &Fault{"gave neither a description nor an error"}
			}
			return m, err
		},
	}
}

// lines are results as they are reported, problems only.
func lines(results ...Result) string {
	var b strings.Builder
	for _, r := range results {
		for _, p := range r.Problems {
			fmt.Fprintf(&b, "%s: %v\n", r.Check, p)
		}
	}
	return b.String()
}

// everything is all that there is to say of a plugin and a checkpoint.
func everything(target Target, c Checkpoint) []Result {
	return append(append([]Result{Info(target)}, Check(target, c)...), Together(target, c, c))
}

func TestSoundPluginsAreSaidToBeSound(t *testing.T) {
	var seen []string
	for _, r := range everything(asked(sound()), soundCheckpoint()) {
		if !r.Sound() {
			t.Errorf("%+v", r)
		}
		seen = append(seen, r.Check+": "+r.Detail)
	}
	want := "info: test 0.1.0, contract " + arch.ContractVersion(arch.ContractMinor) + `; model types: test
model type: test
description: family test, 2 layers, 6 modules
PEFT paths: adapters for up
parameters: 96
purity: the same description 5 times
errors: 47 broken configurations
purity: asked about 2 checkpoints at once`
	if got := strings.Join(seen, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A plugin's program must be called as nugget looks for it.
func TestProgramsAreCalledAfterThePlugin(t *testing.T) {
	target := asked(sound())
	for file, want := range map[string]string{
		"": "", "nugget-arch-test": "", "nugget-arch-test.exe": "",
		"test": "info: name: found \"test\" of a program called test, expected a program called nugget-arch-test: nugget finds no other\n",
	} {
		target.File = file
		if got := lines(Info(target)); got != want {
			t.Errorf("%s: %q, expected %q", file, got, want)
		}
	}
}

// A plugin of another minor contract is told what it lacks, or that it is ahead. It is
// not wrong.
func TestOtherContractsAreNoted(t *testing.T) {
	added := []string{"1.1: a step for convolutions", "1.2: sinks of attention"}
	for _, c := range []struct {
		plugin, host uint32
		want         string
	}{
		{2, 2, ""},
		{0, 2, "contract: found 1.0, expected 1.2, this nugget's; the plugin cannot use what came since (1.1: a step for convolutions; 1.2: sinks of attention)"},
		{3, 2, "contract: found 1.3, expected at most 1.2, this nugget's: it refuses descriptions that use what is newer"},
	} {
		got := Result{Problems: contract(c.plugin, c.host, added)}
		if text := strings.TrimPrefix(strings.TrimSpace(lines(got)), ": "); text != c.want || !got.Sound() {
			t.Errorf("%q, expected %q", text, c.want)
		}
	}
}

// PEFT looks for paths, not for tensors.
func TestRenamedTensorsAreNoted(t *testing.T) {
	p, c := sound(), soundCheckpoint()
	p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
		m, err := describeSound(req)
		if err == nil {
			m.Blocks[0].Steps[1].GetLinear().Module.Tensor = "layers.{layer}.raised"
		}
		return m, err
	}
	for i := range c.Tensors {
		c.Tensors[i].Name = strings.ReplaceAll(c.Tensors[i].Name, ".up.", ".raised.")
	}
	want := "PEFT paths: layers.0.up: found tensor layers.0.raised.weight (2 modules called otherwise than their tensors), expected a path as named_modules() of HuggingFace's class gives it\n"
	if got := lines(Check(asked(p), c)...); got != want {
		t.Errorf("%q, expected %q", got, want)
	}
	c.GGUF, c.Config = true, []byte(strings.Replace(string(c.Config), "model_type", "general.architecture", 1))
	p.GGUFArchitectures = []string{"test"}
	for _, r := range Check(asked(p), c) {
		if r.Check == "PEFT paths" && len(r.Problems) > 0 {
			t.Errorf("a GGUF file's names were noted: %v", r.Problems)
		}
	}
}

// Once a target is not to be asked any more, nothing is made of its silence.
func TestStoppedTargetsAreLeftAlone(t *testing.T) {
	for _, after := range []int{0, 1, 2, 4, 5, 9, 30} {
		target, n := asked(sound()), 0
		describe := target.Describe
		target.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
			if n++; n > after {
				return nil, fmt.Errorf("crashed three times: %w", ErrStop)
			}
			return describe(req)
		}
		results := Check(target, soundCheckpoint())
		asked := n
		results = append(append(results, Synthetic(target)...), Together(target, soundCheckpoint(), soundCheckpoint()))
		if got := lines(results...); got != "" {
			t.Errorf("after %d: %s", after, got)
		}
		if n > asked+10 || asked > after+3 {
			t.Errorf("after %d: asked %d times more", after, n-after)
		}
	}
}
