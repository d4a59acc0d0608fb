package archtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
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

// everything is what Run would report.
func everything(p sdk.Plugin, c Checkpoint) string {
	target := Functions(p)
	var b strings.Builder
	for _, err := range append(append(checkInfo(target), check(target, c)...), checkTogether(target, []Checkpoint{c, c})...) {
		fmt.Fprintln(&b, err)
	}
	return b.String()
}

func TestKitFindsWhatIsWrong(t *testing.T) {
	if problems := everything(sound(), soundCheckpoint()); problems != "" {
		t.Fatalf("the sound plugin: %s", problems)
	}
	// after changes what the sound plugin says.
	after := func(change func(m *archpb.Model, config map[string]any)) func(p *sdk.Plugin, c *Checkpoint) {
		return func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
				m, err := describeSound(req)
				if err == nil {
					var config map[string]any
					_ = json.Unmarshal(req.Config, &config)
					change(m, config)
				}
				return m, err
			}
		}
	}
	var calls atomic.Uint32
	for _, c := range []struct {
		name  string
		spoil func(p *sdk.Plugin, c *Checkpoint)
		want  string
	}{
		{"a name with capitals", func(p *sdk.Plugin, _ *Checkpoint) { p.Name = "Test" }, `info: name "Test"`},
		{"no version", func(p *sdk.Plugin, _ *Checkpoint) { p.Version = "1" }, `info: version "1"`},
		{"nothing to describe", func(p *sdk.Plugin, _ *Checkpoint) { p.ModelTypes = nil }, "info: neither a model_type"},
		{"a model type twice", func(p *sdk.Plugin, _ *Checkpoint) { p.ModelTypes = []string{"test", "test"} }, `model type "test" is empty or there twice`},
		{"another model type", func(p *sdk.Plugin, _ *Checkpoint) { p.ModelTypes = []string{"tset"} }, `model_type is "test", but the plugin says`},
		{"no description", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(*archpb.DescribeRequest) (*archpb.Model, error) { return nil, fmt.Errorf("no") }
		}, "no description: no"},
		{"neither", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(*archpb.DescribeRequest) (*archpb.Model, error) { return nil, nil }
		}, "neither a description nor an error"},
		{"a panic", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(*archpb.DescribeRequest) (*archpb.Model, error) { panic("oh") }
		}, "panicked: oh"},
		{"a panic on a broken configuration", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
				var config map[string]any
				if json.Unmarshal(req.Config, &config) == nil {
					_ = config["width"].(float64)
				}
				return describeSound(req)
			}
		}, "width: an object or a string in its place: the plugin panicked"},
		{"a count", after(func(m *archpb.Model, _ map[string]any) { m.MaxPositions = calls.Add(1) }), "the same request gives another description"},
		{"a random order", after(func(m *archpb.Model, config map[string]any) {
			var all string
			for key := range config { // Go's order is random
				all += key
			}
			m.Blocks[0].Name = all
		}), "gives another description"},
		{"an unknown key", after(func(m *archpb.Model, config map[string]any) { m.MaxPositions = uint32(len(config)) }),
			"an unknown key in the configuration gives another description"},
		{"a description that does not fit", after(func(m *archpb.Model, _ map[string]any) { m.Layers = m.Layers[:1] }),
			`the host refuses the description: the checkpoint has tensor "layers.1.norm.weight"`},
		{"data that does not flow", after(func(m *archpb.Model, _ map[string]any) { m.Epilogue[0].In = []string{"x"} }),
			`value "x" is not set before this step`},
		{"a norm called as a map", func(p *sdk.Plugin, c *Checkpoint) {
			after(func(m *archpb.Model, _ map[string]any) {
				m.Blocks[0].Steps[0].GetNorm().Module.Path = "layers.{layer}.norm.up"
			})(p, c)
			for i, t := range c.Tensors {
				c.Tensors[i].Name = strings.ReplaceAll(t.Name, ".norm.", ".norm.up.")
			}
		}, `modules layers.0.norm.up and layers.0.up end in "up"`},
		{"other parameters", func(_ *sdk.Plugin, c *Checkpoint) { c.Parameters++ }, "96 parameters, expected 97"},
		{"an error without a key", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
				m, err := describeSound(req)
				if err != nil {
					err = fmt.Errorf("bad config")
				}
				return m, err
			}
		}, "width: -1: the error does not name the key: bad config"},
		{"an error of two lines", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
				m, err := describeSound(req)
				if err != nil {
					err = fmt.Errorf("%w\nsorry", err)
				}
				return m, err
			}
		}, "the error has more than one line"},
		{"a wrong type that is taken", after(func(m *archpb.Model, config map[string]any) {
			if _, text := config["unread"].(map[string]any); text {
				m.Family = "other"
			}
		}), "unread: an object or a string in its place: the plugin takes it and gives another description"},
		{"a nonsense value that is passed on", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
				m, err := describeSound(req)
				if err == nil {
					return m, nil
				}
				if strings.Contains(err.Error(), "eps is -1") {
					m, _ = describeSound(&archpb.DescribeRequest{Config: []byte(`{}`)})
					m.Blocks[0].Steps[0].GetNorm().Eps = -1
					return m, nil
				}
				return nil, err
			}
		}, "eps: -1: the plugin takes it, but the host refuses the description"},
		{"anything for a configuration", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
				if len(req.Config) == 0 || string(req.Config) == "null" {
					req = &archpb.DescribeRequest{Config: []byte("{}")}
				}
				return describeSound(req)
			}
		}, "an empty configuration: the plugin gives a description"},
		{"an error that names no file", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
				var config map[string]any
				if err := json.Unmarshal(req.Config, &config); err != nil {
					return nil, err
				}
				return describeSound(req)
			}
		}, "half a configuration: the error does not name config.json"},
		{"no tensors", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
				_ = req.Tensors[0]
				return describeSound(req)
			}
		}, "no tensors: the plugin panicked"},
		{"the test's own configuration", func(_ *sdk.Plugin, c *Checkpoint) { c.Config = []byte(`{"model_type": "test", "a": 1, "a": 2}`) }, `key "a" is there twice`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, checkpoint := sound(), soundCheckpoint()
			c.spoil(&p, &checkpoint)
			if got := everything(p, checkpoint); !strings.Contains(got, c.want) {
				t.Errorf("reported %q\nexpected %q", got, c.want)
			}
		})
	}
}

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

func TestJSONKeepsOrderAndDigits(t *testing.T) {
	v, err := parse([]byte(` {"b": 1.50, "a": {"y": [1,  2], "x": null}, "c": "é"} `))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ got, want string }{
		{string(v.write(false)), `{"b":1.50,"a":{"y":[1,2],"x":null},"c":"é"}`},
		{string(v.write(true)), `{"c":"é","a":{"x":null,"y":[1,2]},"b":1.50}`},
		{fmt.Sprint(v.paths()), `[[b] [a] [a y] [a x] [c]]`},
		{string(v.with([]string{"a", "x"}, nil).write(false)), `{"b":1.50,"a":{"y":[1,2]},"c":"é"}`},
		{string(v.with([]string{"b"}, json.RawMessage("-1")).write(false)), `{"b":-1,"a":{"y":[1,2],"x":null},"c":"é"}`},
		{string(v.write(false)), `{"b":1.50,"a":{"y":[1,2],"x":null},"c":"é"}`},
	} {
		if c.got != c.want {
			t.Errorf("%s, expected %s", c.got, c.want)
		}
	}
}
