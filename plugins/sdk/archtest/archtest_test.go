package archtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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

func TestRunPassesASoundPlugin(t *testing.T) { Run(t, Functions(sound()), soundCheckpoint()) }

func TestFolderReadsShards(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	shard := func(header string) []byte {
		b := make([]byte, 8, 8+len(header))
		b[0] = byte(len(header))
		return append(b, header...)
	}
	write("config.json", []byte(`{"a": 1}`))
	write("one.safetensors", shard(`{"__metadata__":{},"b":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}`))
	write("two.safetensors", shard(`{"a":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}`))
	write("golden.safetensors", shard(`{"c":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`))
	write("model.safetensors.index.json", []byte(`{"weight_map":{"a":"two.safetensors","b":"one.safetensors"}}`))
	c := Folder(t, dir)
	if got := fmt.Sprint(c.Tensors); string(c.Config) != `{"a": 1}` || got != "[{a BF16 [4]} {b F32 [2 3]}]" || c.Name != filepath.Base(dir) {
		t.Errorf("%s: config %s, tensors %s", c.Name, c.Config, got)
	}
	write("model.safetensors", shard(`{"d":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`))
	if got := fmt.Sprint(Folder(t, dir).Tensors); got != "[{d F32 [1]}]" {
		t.Errorf("tensors %s, expected those of model.safetensors", got)
	}
}

func TestRecordedExpandsLayersAndExperts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "golden.json")
	text := `[{"name": "a", "config": {"model_type": "test"}, "parameters": 5, "tensors": [
		{"name": "embed.weight", "shape": [7, 4]},
		{"name": "layers.{layer}.norm.weight", "shape": [4], "layers": [0, 1]},
		{"name": "layers.{layer}.experts.{expert}.up.weight", "shape": [3, 4], "layers": [1], "experts": 2}],
		"ropes": [{"inv_freq": [1], "attention_factor": 2}], "kinds": [{"window": 0, "scale": 0.5, "softcap": 0, "rope": 0}, {"window": 3, "scale": 0.5, "softcap": 1, "rope": 0}],
		"layers": [1, 0]}]`
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	c := Recorded(t, path)[0]
	var names []string
	for _, h := range c.Tensors {
		names = append(names, h.Name)
	}
	want := []string{"embed.weight", "layers.0.norm.weight", "layers.1.norm.weight", "layers.1.experts.0.up.weight", "layers.1.experts.1.up.weight"}
	if !slices.Equal(names, want) || c.Name != "a" || c.Parameters != 5 || !json.Valid(c.Config) {
		t.Errorf("%+v", c)
	}
	if len(c.Attention) != 2 || c.Attention[0].Window != 3 || c.Attention[0].Softcap != 1 || c.Attention[1].Window != 0 || c.Attention[1].Magnitude != 2 {
		t.Errorf("attention %+v", c.Attention)
	}
}

func TestGGUFExpandsLayers(t *testing.T) {
	c := GGUF(t, "file", map[string]any{"general.architecture": "test"}, 2, map[string][]int{"token_embd.weight": {7, 4}, "blk.{layer}.attn_norm.weight": {4}})
	if len(c.Tensors) != 3 || c.Tensors[0].Name != "blk.0.attn_norm.weight" || c.Tensors[1].Name != "blk.1.attn_norm.weight" || c.Tensors[1].DType != "F32" || !c.GGUF {
		t.Errorf("%+v", c)
	}
}
