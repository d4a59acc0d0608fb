package checkpoint

import (
	"slices"
	"strings"
	"testing"
)

func TestEndTokens(t *testing.T) {
	const words = `{"model": {"type": "WordLevel", "vocab": {"a": 0, "</s>": 1}, "unk_token": "a"}}`
	cases := map[string]struct {
		generation, config string
		tokenizer          bool
		want               []int32
	}{
		"one":                                {generation: `{"eos_token_id": 7}`, want: []int32{7}},
		"a list":                             {generation: `{"eos_token_id": [9, 7, 9]}`, want: []int32{7, 9}},
		"generation_config counts first":     {generation: `{"eos_token_id": 7}`, config: `"eos_token_id": 8`, want: []int32{7}},
		"generation_config says nothing":     {generation: `{"bos_token_id": 7}`, config: `"eos_token_id": [8]`, want: []int32{8}},
		"null":                               {generation: `{"eos_token_id": null}`, config: `"eos_token_id": 8`, want: []int32{8}},
		"config.json alone":                  {config: `"eos_token_id": 8`, want: []int32{8}},
		"the language model's part":          {config: `"text_config": {"eos_token_id": 5}`, want: []int32{5}},
		"none":                               {},
		"below zero is none":                 {config: `"eos_token_id": -1`},
		"the tokenizer's, where all is mute": {tokenizer: true, want: []int32{1}},
		"not the tokenizer's otherwise":      {tokenizer: true, config: `"eos_token_id": 0`, want: []int32{0}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"config.json": config, "model.safetensors": shard(t, map[string]float32{"w": 1})}
			if c.config != "" {
				files["config.json"] = strings.Replace(config, "}", ", "+c.config+"}", 1)
			}
			if c.generation != "" {
				files["generation_config.json"] = c.generation
			}
			if c.tokenizer {
				files["tokenizer.json"], files["tokenizer_config.json"] = words, `{"eos_token": "</s>"}`
			}
			got, err := open(t, folder(t, files)).EndTokens()
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestEndTokensThatAreNone(t *testing.T) {
	for _, value := range []string{`"x"`, `1.5`, `[1, null]`, `[[1]]`, `true`, `{}`, `99999999999`} {
		c := open(t, folder(t, map[string]string{
			"config.json": config, "model.safetensors": shard(t, map[string]float32{"w": 1}),
			"generation_config.json": `{"eos_token_id": ` + value + `}`,
		}))
		if _, err := c.EndTokens(); err == nil || !strings.Contains(err.Error(), "generation_config.json: eos_token_id: found ") {
			t.Errorf("%s: got %v", value, err)
		}
	}
}

func TestEndTokensOfAGGUFFile(t *testing.T) {
	c := &Checkpoint{format: GGUF, path: "model.gguf", metadata: map[string]any{
		"tokenizer.ggml.eos_token_id": uint32(2), "tokenizer.ggml.eot_token_id": uint32(1), "tokenizer.ggml.eom_token_id": uint32(0xFFFFFFFF),
	}}
	if got, err := c.EndTokens(); err != nil || !slices.Equal(got, []int32{1, 2}) {
		t.Errorf("got %v, %v", got, err)
	}
	c.metadata["tokenizer.ggml.eot_token_id"] = "two"
	if _, err := c.EndTokens(); err == nil || !strings.HasPrefix(err.Error(), "model.gguf: tokenizer.ggml.eot_token_id: found ") {
		t.Errorf("got %v", err)
	}
}
