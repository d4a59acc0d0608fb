package sdk

import (
	"math"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

func metadata(config string, tensors ...string) *archpb.DescribeRequest {
	req := &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_GGUF, Config: []byte(config)}
	for _, name := range tensors {
		req.Tensors = append(req.Tensors, &archpb.TensorHeader{Name: name})
	}
	return req
}

// GGUF metadata says in other words what config.json says: the frequencies are the
// same, up to llama.cpp's own factor of attention.
func TestGGUFRopeIsRope(t *testing.T) {
	const dim, length = 32, 256
	for _, c := range []struct {
		name, metadata, config string
		attention              float64
	}{
		{"nothing", `{}`, `{}`, 1},
		{"a base", `{"x.rope.freq_base": 5e5, "x.rope.dimension_count": 32}`, `{"rope_theta": 5e5}`, 1},
		{"none", `{"x.rope.scaling.type": "none", "x.rope.scaling.factor": 4}`, `{}`, 1},
		{"linear", `{"x.rope.scaling.type": "linear", "x.rope.scaling.factor": 4}`, `{"rope_scaling": {"type": "linear", "factor": 4}}`, 1},
		{"a factor without a type is linear's", `{"x.rope.scaling.factor": 4}`, `{"rope_scaling": {"type": "linear", "factor": 4}}`, 1},
		{"linear, as files had it before types", `{"x.rope.scale_linear": 2}`, `{"rope_scaling": {"type": "linear", "factor": 2}}`, 1},
		{"a factor of 0", `{"x.rope.scaling.factor": 0}`, `{}`, 1},
		{"yarn", `{"x.rope.scaling.type": "yarn", "x.rope.scaling.factor": 4, "x.rope.scaling.original_context_length": 64}`,
			`{"rope_scaling": {"type": "yarn", "factor": 4, "original_max_position_embeddings": 64}}`, 1},
		{"yarn with betas and a factor of attention",
			`{"x.rope.scaling.type": "yarn", "x.rope.scaling.factor": 4, "x.rope.scaling.yarn_beta_fast": 16, "x.rope.scaling.yarn_beta_slow": 2, "x.rope.scaling.attn_factor": 1.25, "x.rope.scaling.yarn_attn_factor": 2, "x.rope.scaling.yarn_ext_factor": 1}`,
			`{"rope_scaling": {"type": "yarn", "factor": 4, "beta_fast": 16, "beta_slow": 2}}`, 2.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := metadata(c.metadata)
			all, other := NewConfig(req), hf(c.config)
			got := all.Under("x").GGUFRope(req, dim, length)
			want := other.Rope(RopeDefaults{HeadDim: dim, MaxPositions: length})
			if all.Err() != nil || other.Err() != nil {
				t.Fatal(all.Err(), other.Err())
			}
			for i, w := range want.Frequencies.InvFreq {
				if g := got.Frequencies.InvFreq[i]; g != w {
					t.Errorf("inv_freq[%d] is %v, expected %v", i, g, w)
				}
			}
			one := func(m float64) float64 { return max(m, 1) }
			if g, w := one(got.Frequencies.Magnitude), one(want.Frequencies.Magnitude)*c.attention; math.Abs(g-w) > 1e-15 {
				t.Errorf("magnitude %v, expected %v", g, w)
			}
			if got.HeadDim != dim || got.Frequencies.Divisors != "" || got.Longer != nil || got.DynamicNtk != nil {
				t.Errorf("rope %v", got)
			}
		})
	}
}

func TestGGUFRopeTakesTheFilesOwnDivisors(t *testing.T) {
	req := metadata(`{"x.rope.freq_base": 5e5}`, "rope_freqs.weight", "token_embd.weight")
	c := NewConfig(req)
	if r := c.Under("x").GGUFRope(req, 64, 100); c.Err() != nil || r.Frequencies.Divisors != "rope_freqs.weight" {
		t.Errorf("rope %v, error %v", r, c.Err())
	}
	req = metadata(`{"x.rope.scaling.type": "longrope", "x.rope.scaling.original_context_length": 40, "x.rope.scaling.attn_factor": 1.5}`,
		"rope_factors_long.weight", "rope_factors_short.weight")
	c = NewConfig(req)
	r := c.Under("x").GGUFRope(req, 64, 100)
	if c.Err() != nil || r.Frequencies.Divisors != "rope_factors_short.weight" || r.Frequencies.Magnitude != 1.5 ||
		r.Longer.Above != 40 || r.Longer.Frequencies.Divisors != "rope_factors_long.weight" || r.Longer.Frequencies.Magnitude != 1.5 {
		t.Errorf("rope %v, error %v", r, c.Err())
	}
}

func TestGGUFRopeRefuses(t *testing.T) {
	for _, c := range []struct{ metadata, want string }{
		{`{"x.rope.scaling.type": "su"}`, `metadata: x.rope.scaling.type is "su", expected one of none, linear, yarn, longrope`},
		{`{"x.rope.scaling.type": 3}`, `metadata: x.rope.scaling.type is 3, expected a string`},
		{`{"x.rope.freq_base": 0}`, `metadata: x.rope.freq_base is 0, expected a positive number`},
		{`{"x.rope.scaling.factor": -2}`, `metadata: x.rope.scaling.factor is -2, expected a positive number`},
		{`{"x.rope.scaling.type": "yarn"}`, `metadata: x.rope.scaling.factor is missing`},
		{`{"x.rope.scaling.attn_factor": 0}`, `metadata: x.rope.scaling.attn_factor is 0, expected a positive number`},
		{`{"x.rope.scaling.type": "longrope", "x.rope.scaling.attn_factor": -1}`, `metadata: x.rope.scaling.attn_factor is -1, expected a positive number`},
		{`{"x.rope.scaling.yarn_attn_factor": 0}`, `metadata: x.rope.scaling.yarn_attn_factor is 0, expected a positive number`},
		{`{"x.rope.scaling.type": "yarn", "x.rope.scaling.factor": 2, "x.rope.scaling.yarn_ext_factor": 0}`, `metadata: x.rope.scaling.yarn_ext_factor is 0, expected 1`},
		{`{"x.rope.dimension_count": 66}`, `metadata: x.rope.dimension_count is 66, expected an even number of at most 64`},
		{`{"x.rope.dimension_count": 31}`, `metadata: x.rope.dimension_count is 31, expected an even number`},
	} {
		req := metadata(c.metadata)
		all := NewConfig(req)
		r := all.Under("x").GGUFRope(req, 64, 100)
		if err := all.Err(); err == nil || !strings.Contains(err.Error(), c.want) || r != nil {
			t.Errorf("%s: rope %v, error %v\nexpected %s", c.metadata, r, err, c.want)
		}
	}
}
