package sdk

import (
	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// GGUFRope reads the RoPE of GGUF metadata, as llama.cpp runs it; c has the
// architecture's keys ([Config.Under]). The types are none, linear, yarn and
// longrope; frequencies of the file itself (rope_freqs.weight: how LLaMA 3's RoPE is
// written; rope_factors_short.weight and rope_factors_long.weight) divide those of
// the metadata.
func (c *Config) GGUFRope(req *archpb.DescribeRequest, headDim, maxPositions int) *archpb.Rope {
	keys := &Config{source: c.source, prefix: c.prefix, values: c.values, err: c.err, names: map[string]string{
		"rope_theta": "rope.freq_base",
		"factor":     "rope.scaling.factor",
		"beta_fast":  "rope.scaling.yarn_beta_fast",
		"beta_slow":  "rope.scaling.yarn_beta_slow",
		"truncate":   "", "mscale": "", "mscale_all_dim": "", "attention_factor": "",
	}}
	if !keys.Has("factor") && c.Has("rope.scale_linear") {
		keys.names["factor"] = "rope.scale_linear" // before scaling had types
	}
	r := ropeConfig{
		Config:   keys,
		where:    "rope.scaling.type",
		kind:     c.String("rope.scaling.type", "linear"),
		theta:    keys.Float("rope_theta", 10000),
		dim:      c.Size("rope.dimension_count", headDim),
		max:      maxPositions,
		original: c.Size("rope.scaling.original_context_length", maxPositions),
	}
	if !(r.theta > 0) {
		keys.fail("rope_theta", "is %v, expected a positive number", r.theta)
	}
	if r.dim%2 != 0 || r.dim > min(headDim, maxHeadDim) {
		c.fail("rope.dimension_count", "is %d, expected an even number of at most %d, the width of a head", r.dim, headDim)
	}
	attention := c.Float("rope.scaling.attn_factor", 1)
	for _, key := range []string{"rope.scaling.attn_factor", "rope.scaling.yarn_attn_factor"} {
		if v := c.Float(key, 1); !(v > 0) {
			c.fail(key, "is %s, expected a positive number", number(v))
		}
	}
	if c.Err() != nil {
		return nil
	}
	rope := &archpb.Rope{HeadDim: u32(headDim)}
	switch {
	case r.kind == "linear" && keys.Float("factor", 0) != 0:
		rope.Frequencies = frequencies(r.linear(), attention)
	case r.kind == "none", r.kind == "linear", r.kind == "longrope":
		rope.Frequencies = frequencies(inverse(r.theta, r.dim), attention)
	case r.kind == "yarn":
		if ext := c.Float("rope.scaling.yarn_ext_factor", 1); ext != 1 {
			c.fail("rope.scaling.yarn_ext_factor", "is %s, expected 1", number(ext))
		}
		attention *= c.Float("rope.scaling.yarn_attn_factor", 1)
		inv, magnitude := r.yarn()
		rope.Frequencies = frequencies(inv, magnitude*attention)
	default:
		c.fail(r.where, "is %q, expected one of none, linear, yarn, longrope", r.kind)
	}
	if c.Err() != nil {
		return nil
	}
	const short, long = "rope_factors_short.weight", "rope_factors_long.weight"
	switch {
	case HasTensor(req, "rope_freqs.weight"):
		rope.Frequencies.Divisors = "rope_freqs.weight"
	case HasTensor(req, short) && HasTensor(req, long):
		longer := proto.CloneOf(rope.Frequencies)
		rope.Frequencies.Divisors, longer.Divisors = short, long
		rope.Longer = &archpb.Longer{Above: u32(r.original), Frequencies: longer}
	}
	return rope
}

// GGUFSlidingRope reads the RoPE that GGUF metadata has for sliding layers apart from
// the others', which llama.cpp does not scale: its theta is rope.freq_base_swa.
func (c *Config) GGUFSlidingRope(headDim int, theta float64) *archpb.Rope {
	const key = "rope.freq_base_swa"
	base := c.Float(key, theta)
	if !(base > 0) {
		c.fail(key, "is %s, expected a positive number", number(base))
	}
	if headDim < 2 || headDim%2 != 0 {
		c.fail("attention.key_length", "is %d, expected an even number of at least 2", headDim)
	}
	if c.Err() != nil {
		return nil
	}
	return &archpb.Rope{HeadDim: u32(headDim), Frequencies: frequencies(inverse(base, headDim), 1)}
}
