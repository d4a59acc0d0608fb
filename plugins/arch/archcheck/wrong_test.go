package archcheck

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

func TestChecksFindWhatIsWrong(t *testing.T) {
	if problems := lines(everything(asked(sound()), soundCheckpoint())...); problems != "" {
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
		{"a name with capitals", func(p *sdk.Plugin, _ *Checkpoint) { p.Name = "Test" }, `info: name: found "Test", expected lower-case letters`},
		{"no version", func(p *sdk.Plugin, _ *Checkpoint) { p.Version = "1" }, `info: version: found "1", expected a semantic one as 1.2.3`},
		{"nothing to describe", func(p *sdk.Plugin, _ *Checkpoint) { p.ModelTypes = nil }, "info: model types: found none, and no GGUF architecture, expected those that the plugin describes"},
		{"a model type twice", func(p *sdk.Plugin, _ *Checkpoint) { p.ModelTypes = []string{"test", "test"} }, `info: model types: found "test" empty or twice, expected each once`},
		{"another model type", func(p *sdk.Plugin, _ *Checkpoint) { p.ModelTypes = []string{"tset"} }, `model type: model_type: found "test", expected one that the plugin says it describes: ["tset"]`},
		{"no description", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(*archpb.DescribeRequest) (*archpb.Model, error) { return nil, fmt.Errorf("no") }
		}, `description: found the error "no", expected a description`},
		{"neither", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(*archpb.DescribeRequest) (*archpb.Model, error) { return nil, nil }
		}, "description: found that the plugin gave neither a description nor an error, expected a description"},
		{"a panic", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(*archpb.DescribeRequest) (*archpb.Model, error) { panic("oh") }
		}, "description: found that the plugin panicked: oh, expected a description"},
		{"a panic on a broken configuration", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
				var config map[string]any
				if json.Unmarshal(req.Config, &config) == nil {
					_ = config["width"].(float64)
				}
				return describeSound(req)
			}
		}, `errors: config.json with width {"nugget_archtest":1}: found that the plugin panicked: `},
		{"a count", after(func(m *archpb.Model, _ map[string]any) { m.MaxPositions = calls.Add(1) }), "purity: the same request again: found another description, expected the same, byte for byte"},
		{"a random order", after(func(m *archpb.Model, config map[string]any) {
			var all string
			for key := range config { // Go's order is random
				all += key
			}
			m.Blocks[0].Name = all
		}), "found another description, expected the same"},
		{"an unknown key", after(func(m *archpb.Model, config map[string]any) { m.MaxPositions = uint32(len(config)) }),
			"purity: an unknown key in the configuration: found another description"},
		{"a description that does not fit", after(func(m *archpb.Model, _ map[string]any) { m.Layers = m.Layers[:1] }),
			`description: found a description that the host refuses: the checkpoint has tensor "layers.1.norm.weight"`},
		{"data that does not flow", after(func(m *archpb.Model, _ map[string]any) { m.Epilogue[0].In = []string{"x"} }),
			`value "x" is not set before this step`},
		{"a norm called as a map", func(p *sdk.Plugin, c *Checkpoint) {
			after(func(m *archpb.Model, _ map[string]any) {
				m.Blocks[0].Steps[0].GetNorm().Module.Path = "layers.{layer}.norm.up"
			})(p, c)
			for i, t := range c.Tensors {
				c.Tensors[i].Name = strings.ReplaceAll(t.Name, ".norm.", ".norm.up.")
			}
		}, `PEFT paths: found modules layers.0.norm.up and layers.0.up that end in "up", expected other ends`},
		{"other parameters", func(_ *sdk.Plugin, c *Checkpoint) { c.Parameters++ }, "parameters: found 96, expected 97"},
		{"an error without a key", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
				m, err := describeSound(req)
				if err != nil {
					err = fmt.Errorf("bad config")
				}
				return m, err
			}
		}, `errors: config.json with width -1: found the error "bad config", expected one that names width`},
		{"an error of two lines", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
				m, err := describeSound(req)
				if err != nil {
					err = fmt.Errorf("%w\nsorry", err)
				}
				return m, err
			}
		}, "found an error of several lines: "},
		{"a wrong type that is taken", after(func(m *archpb.Model, config map[string]any) {
			if _, text := config["unread"].(map[string]any); text {
				m.Family = "other"
			}
		}), `errors: config.json with unread {"nugget_archtest":1}: found another description, expected an error that names unread`},
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
		}, `errors: config.json with eps -1: found a description that the host refuses: block "layer" step 1 (norm layers.{layer}.norm): eps is -1`},
		{"anything for a configuration", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
				if len(req.Config) == 0 || string(req.Config) == "null" {
					req = &archpb.DescribeRequest{Config: []byte("{}")}
				}
				return describeSound(req)
			}
		}, "errors: an empty configuration: found a description, expected an error that names config.json"},
		{"an error that names no file", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
				var config map[string]any
				if err := json.Unmarshal(req.Config, &config); err != nil {
					return nil, err
				}
				return describeSound(req)
			}
		}, "errors: half a configuration: found the error"},
		{"no tensors", func(p *sdk.Plugin, _ *Checkpoint) {
			p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
				_ = req.Tensors[0]
				return describeSound(req)
			}
		}, "errors: no tensors: found that the plugin panicked"},
		{"the test's own configuration", func(_ *sdk.Plugin, c *Checkpoint) { c.Config = []byte(`{"model_type": "test", "a": 1, "a": 2}`) }, `purity: the checkpoint's configuration: found key "a" is there twice, expected a JSON object`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, checkpoint := sound(), soundCheckpoint()
			c.spoil(&p, &checkpoint)
			if got := lines(everything(asked(p), checkpoint)...); !strings.Contains(got, c.want) {
				t.Errorf("reported %q\nexpected %q", got, c.want)
			}
		})
	}
}
