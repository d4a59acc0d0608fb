package sdk

import (
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

func TestConfigReadsAsHuggingFaceDoes(t *testing.T) {
	c := hf(`{"int": 7, "float": 4096.0, "exponent": 1e3, "null": null, "no": false, "text": "a", "list": [1, 2.5],
		"inner": {"n": 3}, "n_embd": 12, "twice": 1, "twice": 2}`)
	check := func(what string, got, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v, expected %v", what, got, want)
		}
	}
	check("an integer", c.Size("int", 1), 7)
	check("an integer written as a float", c.Size("float", 1), 4096)
	check("an integer with an exponent", c.Size("exponent", 1), 1000)
	check("a missing integer", c.Size("missing", 5), 5)
	check("a null integer", c.Size("null", 5), 5)
	check("a float", c.Float("int", 1), 7.0)
	check("a null float", c.Float("null", 0.5), 0.5)
	check("a bool", c.Bool("no", true), false)
	check("a missing bool", c.Bool("missing", true), true)
	check("a string", c.String("text", "b"), "a")
	check("a null string", c.String("null", "b"), "b")
	check("the last of two", c.Int("twice", 0), 2)
	check("has", c.Has("int"), true)
	check("has null", c.Has("null"), false)
	check("null", c.Null("null"), true)
	check("not null", c.Null("missing"), false)
	check("within", c.Object("inner").Size("n", 0), 3)
	check("no object", c.Object("null") == nil, true)
	if got := c.Floats("list"); !slices.Equal(got, []float64{1, 2.5}) {
		t.Errorf("list %v", got)
	}
	c.Alias("hidden_size", "n_embd")
	c.Alias("int", "n_embd")
	check("another name", c.Size("hidden_size", 1), 12)
	check("its own name first", c.Size("int", 1), 7)
	if c.Err() != nil {
		t.Error(c.Err())
	}
}

func TestConfigErrorsNameTheKey(t *testing.T) {
	long := `"` + strings.Repeat("x", 200) + `"`
	for _, c := range []struct {
		config string
		read   func(c *Config)
		want   string
	}{
		{`{"n":"4096"}`, func(c *Config) { c.Size("n", 1) }, `config.json: n is "4096", expected an integer of 0 to 268435456`},
		{`{"n":1.5}`, func(c *Config) { c.Size("n", 1) }, `config.json: n is 1.5, expected an integer`},
		{`{"n":-1}`, func(c *Config) { c.Size("n", 1) }, `config.json: n is -1, expected an integer`},
		{`{"n":0}`, func(c *Config) { c.Size("n", 1) }, `config.json: n is 0, expected a positive integer`},
		{`{"n":1e10}`, func(c *Config) { c.Size("n", 1) }, `config.json: n is 1e10, expected an integer`},
		{`{"n":true}`, func(c *Config) { c.Int("n", 1) }, `config.json: n is true, expected an integer`},
		{`{"n":[1]}`, func(c *Config) { c.Int("n", 1) }, `config.json: n is [1], expected an integer`},
		{`{}`, func(c *Config) { c.Size("n", 0) }, `config.json: n is missing`},
		{`{"f":"x"}`, func(c *Config) { c.Float("f", 1) }, `config.json: f is "x", expected a number`},
		{`{"f":-1}`, func(c *Config) { c.NonNegative("f", 1) }, `config.json: f is -1, expected a number of at least 0`},
		{`{"b":1}`, func(c *Config) { c.Bool("b", false) }, `config.json: b is 1, expected true or false`},
		{`{"s":1}`, func(c *Config) { c.String("s", "") }, `config.json: s is 1, expected a string`},
		{`{"s":` + long + `}`, func(c *Config) { c.Float("s", 0) }, "xxx..., expected a number"},
		{`{"o":{"i":[]}}`, func(c *Config) { c.Object("o").Size("i", 0) }, `config.json: o.i is [], expected an integer`},
		{`{"o":3}`, func(c *Config) { c.Object("o") }, `config.json: o is 3, expected an object`},
		{`{"a":"swish1"}`, func(c *Config) { c.Activation("a", "silu") }, `config.json: a is "swish1", expected one of silu`},
		{`{"quantization_config":{"quant_method":"gptq"}}`, func(c *Config) { c.RefuseQuantised() }, "quantization_config says that the weights are quantised (gptq), expected a checkpoint in float32"},
		{`{"quantization_config":{}}`, func(c *Config) { c.RefuseQuantised() }, "quantised (by an unnamed method)"},
		{``, func(*Config) {}, "config.json is no JSON object: EOF"},
		{`null`, func(*Config) {}, "config.json is null, expected a JSON object"},
		{`[1]`, func(*Config) {}, "config.json is no JSON object"},
		{`{"a":`, func(*Config) {}, "config.json is no JSON object: unexpected EOF"},
		{`{} {}`, func(*Config) {}, "config.json goes on behind its JSON object"},
	} {
		config := hf(c.config)
		c.read(config)
		config.Size("later", 0) // the first error stays
		if err := config.Err(); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "later") {
			t.Errorf("%.60s: error %v, expected %s", c.config, err, c.want)
		}
	}
}

func TestConfigOfMetadata(t *testing.T) {
	c := NewConfig(&archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_GGUF, Config: []byte(`{
		"llama.block_count": 2, "llama.heads": [4, 4], "llama.mixed": [4, 5], "llama.none": [], "other.block_count": 9,
		"tokenizer.ggml.tokens": {"length": 5000}, "short": ["a", "b"]}`)})
	l := c.Under("llama")
	for _, n := range []struct{ got, want int }{
		{l.Size("block_count", 0), 2}, {l.UniformSize("heads", 0), 4}, {l.UniformSize("block_count", 0), 2},
		{l.UniformSize("missing", 3), 3}, {c.Length("tokenizer.ggml.tokens"), 5000}, {c.Length("short"), 2}, {c.Length("missing"), 0},
		{c.GGUFVocab("llama"), 5000},
	} {
		if n.got != n.want {
			t.Errorf("%d, expected %d", n.got, n.want)
		}
	}
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
	l.UniformSize("mixed", 0)
	if err := c.Err(); err == nil || err.Error() != "metadata: llama.mixed is [4,5], expected the same number for every layer" {
		t.Error(err)
	}
	for want, read := range map[string]func(c *Config){
		"metadata: llama.none is an empty list":           func(c *Config) { c.Under("llama").UniformSize("none", 0) },
		"metadata: llama.heads is missing":                func(c *Config) { c.Under("llama").UniformSize("heads", 0) },
		"metadata: llama.texts is \"x\", expected an int": func(c *Config) { c.Under("llama").UniformSize("texts", 0) },
		"metadata: llama.vocab_size is missing":           func(c *Config) { c.GGUFVocab("llama") },
	} {
		c := NewConfig(&archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_GGUF, Config: []byte(`{"llama.none": [], "llama.texts": ["x"]}`)})
		read(c)
		if err := c.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected %s", err, want)
		}
	}
}

func TestActivationNames(t *testing.T) {
	for name, want := range map[string]archpb.Activation_Function{
		"silu": archpb.Activation_FUNCTION_SILU, "swish": archpb.Activation_FUNCTION_SILU,
		"gelu": archpb.Activation_FUNCTION_GELU, "gelu_pytorch_tanh": archpb.Activation_FUNCTION_GELU_TANH,
		"gelu_new": archpb.Activation_FUNCTION_GELU_TANH, "gelu_fast": archpb.Activation_FUNCTION_GELU_TANH,
		"relu": archpb.Activation_FUNCTION_RELU, "relu2": archpb.Activation_FUNCTION_RELU2,
		"sigmoid": archpb.Activation_FUNCTION_SIGMOID, "tanh": archpb.Activation_FUNCTION_TANH,
	} {
		c := hf(`{"hidden_act":"` + name + `"}`)
		if got := c.Activation("hidden_act", "silu"); got != want || c.Err() != nil {
			t.Errorf("%s: %v, error %v", name, got, c.Err())
		}
	}
}
