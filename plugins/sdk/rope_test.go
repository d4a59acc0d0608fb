package sdk

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

func hf(config string) *Config {
	return NewConfig(&archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)})
}

// transformers' rotary modules of several families, to 2.5e-7 relative: both sides
// round to float32 at every step, their powers may differ in the last place.
func TestRopeIsTransformers(t *testing.T) {
	b, err := os.ReadFile("testdata/rope.json")
	if err != nil {
		t.Fatal(err)
	}
	var goldens []struct {
		Name     string
		Config   json.RawMessage
		Defaults struct {
			Partial, Theta float64
			Max, Original  int
			Layer          string
			ThetaKey       string `json:"theta_key"`
			PartialKey     string `json:"partial_key"`
			RoundUp        bool   `json:"round_up"`
			OnlyLongRope   bool   `json:"only_long_rope"`
		}
		HeadDim         int       `json:"head_dim"`
		InvFreq         []float64 `json:"inv_freq"`
		AttentionFactor float64   `json:"attention_factor"`
	}
	if err := json.Unmarshal(b, &goldens); err != nil || len(goldens) < 20 {
		t.Fatalf("%d goldens, %v", len(goldens), err)
	}
	for _, g := range goldens {
		t.Run(g.Name, func(t *testing.T) {
			c := hf(string(g.Config))
			r := c.Rope(RopeDefaults{
				HeadDim: g.HeadDim, Theta: g.Defaults.Theta, Partial: g.Defaults.Partial,
				MaxPositions: g.Defaults.Max, LayerType: g.Defaults.Layer, ThetaKey: g.Defaults.ThetaKey, PartialKey: g.Defaults.PartialKey,
				RoundUp: g.Defaults.RoundUp, OnlyLongRope: g.Defaults.OnlyLongRope, OriginalPositions: g.Defaults.Original,
			})
			if err := c.Err(); err != nil {
				t.Fatal(err)
			}
			inv := r.Frequencies.InvFreq
			if len(inv) != len(g.InvFreq) || r.HeadDim != uint32(g.HeadDim) {
				t.Fatalf("%d frequencies of heads of %d, expected %d of %d", len(inv), r.HeadDim, len(g.InvFreq), g.HeadDim)
			}
			for i, want := range g.InvFreq {
				if !(math.Abs(inv[i]-want) <= 2.5e-7*want) {
					t.Errorf("inv_freq[%d] is %v, expected %v", i, inv[i], want)
				}
			}
			magnitude := r.Frequencies.Magnitude
			if magnitude == 0 {
				magnitude = 1
			}
			if math.Abs(magnitude-g.AttentionFactor) > 1e-15 {
				t.Errorf("magnitude %v, expected %v", magnitude, g.AttentionFactor)
			}
		})
	}
}

func TestRopeRefuses(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{`{"rope_scaling":{"type":"su","factor":2}}`, `config.json: rope_scaling has rope_type "su", expected one of default, linear, dynamic, yarn, longrope, llama3`},
		{`{"rope_parameters":{"rope_type":"mrope"}}`, `config.json: rope_parameters has rope_type "mrope"`},
		{`{"rope_scaling":"linear"}`, `config.json: rope_scaling is "linear", expected an object`},
		{`{"rope_scaling":{"type":5}}`, `config.json: rope_scaling.type is 5, expected a string`},
		{`{"rope_theta":0}`, `config.json: rope_theta is 0, expected a positive number`},
		{`{"rope_theta":-1}`, `config.json: rope_theta is -1, expected a positive number`},
		{`{"rope_theta":"10000"}`, `config.json: rope_theta is "10000", expected a number`},
		{`{"partial_rotary_factor":1.5}`, `config.json: partial_rotary_factor is 1.5, expected a number above 0, at most 1`},
		{`{"partial_rotary_factor":0.4}`, `config.json: head_dim is 64, of which RoPE rotates 25 entries, expected an even number of 2 to 65536; partial_rotary_factor is 0.4`},
		{`{"rope_scaling":{"type":"linear"}}`, `config.json: rope_scaling.factor is missing, expected a number, with rope_type "linear"`},
		{`{"rope_scaling":{"type":"linear","factor":0}}`, `config.json: rope_scaling.factor is 0, expected a positive number`},
		{`{"rope_scaling":{"type":"linear","factor":1e999}}`, `config.json: rope_scaling.factor is 1e999, expected a number`},
		{`{"rope_scaling":{"type":"dynamic"}}`, `config.json: rope_scaling.factor is missing`},
		{`{"rope_scaling":{"type":"dynamic","factor":2},"partial_rotary_factor":0.04}`, `type dynamic needs 4 rotated entries or more, not 2`},
		{`{"rope_scaling":{"rope_type":"llama3","factor":8}}`, `config.json: rope_scaling.low_freq_factor is missing`},
		{`{"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":2,"high_freq_factor":2}}`, `config.json: rope_scaling.high_freq_factor is 2 as is low_freq_factor`},
		{`{"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":0}}`, `config.json: rope_scaling.original_max_position_embeddings is 0, expected a positive integer`},
		{`{"rope_scaling":{"rope_type":"yarn"}}`, `config.json: rope_scaling.factor is missing`},
		{`{"rope_scaling":{"rope_type":"yarn","factor":4,"beta_fast":-3}}`, `config.json: rope_scaling.beta_fast is -3 and beta_slow 1, expected positive numbers`},
		{`{"rope_scaling":{"rope_type":"yarn","factor":4,"attention_factor":0}}`, `config.json: rope_scaling.attention_factor is 0, expected a positive number`},
		{`{"rope_theta":1,"rope_scaling":{"rope_type":"yarn","factor":4}}`, `rope_theta is 1, expected a number above 1 with rope_type yarn`},
		{`{"rope_scaling":{"rope_type":"longrope","long_factor":[1]}}`, `config.json: rope_scaling.short_factor has 0 numbers, expected 32`},
		{`{"rope_scaling":{"rope_type":"longrope","short_factor":[1,"x"]}}`, `config.json: rope_scaling.short_factor is [1,"x"], expected a list of numbers`},
	} {
		config := hf(c.config)
		r := config.Rope(RopeDefaults{HeadDim: 64, MaxPositions: 2048})
		if err := config.Err(); err == nil || !strings.Contains(err.Error(), c.want) || r != nil {
			t.Errorf("%s: rope %v, error %v\nexpected %s", c.config, r, err, c.want)
		}
	}
}

// LLaMA's default RoPE does not read partial_rotary_factor; with the other types
// transformers fails when it runs such a model.
func TestRopeOfWholeHeads(t *testing.T) {
	defaults := RopeDefaults{HeadDim: 8, MaxPositions: 64, WholeHead: true}
	c := hf(`{"partial_rotary_factor":0.5}`)
	if r := c.Rope(defaults); c.Err() != nil || len(r.Frequencies.InvFreq) != 4 {
		t.Errorf("%v, error %v", r, c.Err())
	}
	c = hf(`{"partial_rotary_factor":0.5,"rope_scaling":{"type":"linear","factor":2}}`)
	if c.Rope(defaults); c.Err() == nil || !strings.Contains(c.Err().Error(), `partial_rotary_factor is 0.5 beside rope_type "linear"`) {
		t.Errorf("error %v", c.Err())
	}
}

// What families narrow down: the types of Phi-3, the keys and odd parts of GPT-NeoX.
func TestRopeOfFamiliesRefuses(t *testing.T) {
	phi3 := RopeDefaults{HeadDim: 8, MaxPositions: 64, OriginalPositions: 4096, OnlyLongRope: true, RoundUp: true}
	neox := RopeDefaults{HeadDim: 8, MaxPositions: 64, Partial: 0.25, PartialKey: "rotary_pct", RoundUp: true}
	for _, c := range []struct {
		defaults     RopeDefaults
		config, want string
	}{
		{phi3, `{"rope_scaling":{"type":"linear","factor":2}}`, `config.json: rope_scaling has rope_type "linear", expected one of default, longrope, su, yarn`},
		{phi3, `{"rope_scaling":{"type":"su","long_factor":[1]}}`, `config.json: rope_scaling.short_factor has 0 numbers, expected 4`},
		{phi3, `{"partial_rotary_factor":0.4,"rope_scaling":{"type":"su"}}`, `config.json: head_dim is 8, of which RoPE rotates 3 entries, expected an even number`},
		{phi3, `{"original_max_position_embeddings":0}`, `config.json: original_max_position_embeddings is 0, expected a positive integer`},
		{neox, `{"rotary_pct":2}`, `config.json: rotary_pct is 2, expected a number above 0, at most 1`},
		{neox, `{"rotary_pct":0.1}`, `config.json: head_dim is 8, of which RoPE rotates 0 entries, expected an even number of 2 to 65536; rotary_pct is 0.1`},
		{neox, `{"rotary_pct":0.4,"rope_scaling":{"type":"dynamic","factor":2}}`, `config.json: head_dim is 8, of which RoPE rotates 3 entries, expected an even number`},
		{RopeDefaults{HeadDim: 7, MaxPositions: 64, RoundUp: true}, `{}`, `config.json: head_dim is 7, of which RoPE rotates 7 entries, expected an even number`},
	} {
		config := hf(c.config)
		r := config.Rope(c.defaults)
		if err := config.Err(); err == nil || !strings.Contains(err.Error(), c.want) || r != nil {
			t.Errorf("%s: rope %v, error %v\nexpected %s", c.config, r, err, c.want)
		}
	}
}
