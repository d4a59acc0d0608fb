package sdk

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
)

// ropeConfig is RoPE's parameters as transformers' standardize_rope_params leaves
// them.
type ropeConfig struct {
	*Config  // the object that has them
	where    string
	kind     string
	theta    float64
	dim      int    // rotated entries of a head
	because  string // of them, for messages
	max      int    // max_position_embeddings
	original int    // original_max_position_embeddings
}

// ropeParameters finds the parameters. What stands in their object wins over what
// stands beside it.
func (c *Config) ropeParameters(d RopeDefaults) ropeConfig {
	r := ropeConfig{max: d.MaxPositions}
	if d.LayerType == "" {
		r.where, r.Config = c.ropeObject()
	} else {
		r.where, r.Config = c.ropeObjectOf(d.LayerType)
	}
	theta := d.Theta
	if theta == 0 {
		theta = 10000
	}
	if !d.OwnTheta {
		theta = c.Float(cmp.Or(d.ThetaKey, "rope_theta"), theta)
	}
	r.theta = r.Float("rope_theta", theta)
	if !(r.theta > 0) {
		where, key := r.Config, "rope_theta"
		if !r.Has(key) && d.ThetaKey != "" {
			where, key = c, d.ThetaKey
		}
		where.fail(key, "is %v, expected a positive number", r.theta)
	}
	r.kind = r.String("rope_type", r.String("type", "default"))
	if d.OnlyLongRope {
		switch r.kind {
		case "default", "longrope":
		case "su", "yarn":
			r.kind = "longrope"
		default:
			c.failType(r, "default", "longrope", "su", "yarn")
		}
	}
	partial := d.Partial
	if partial == 0 {
		partial = 1
	}
	partialKey := cmp.Or(d.PartialKey, "partial_rotary_factor")
	partial = r.Float("partial_rotary_factor", c.Float(partialKey, partial))
	from := c
	if r.Has("partial_rotary_factor") {
		from, partialKey = r.Config, "partial_rotary_factor"
	}
	if !(partial > 0 && partial <= 1) {
		from.fail(partialKey, "is %v, expected a number above 0, at most 1", partial)
	}
	if d.WholeHead && partial != 1 {
		if r.kind != "default" {
			c.fail("partial_rotary_factor", "is %v beside rope_type %q, with which this family rotates whole heads", partial, r.kind)
		}
		partial = 1
	}
	r.dim = int(float64(d.HeadDim) * partial)
	if partial != 1 {
		r.because = fmt.Sprintf("; %s is %s", partialKey, number(partial))
	}
	// Phi-3 keeps it outside, and transformers lets that one win.
	if d.LayerType == "" && (d.OriginalPositions > 0 || c.Has("original_max_position_embeddings")) {
		r.original = c.Size("original_max_position_embeddings", d.OriginalPositions)
	} else {
		r.original = r.Size("original_max_position_embeddings", d.MaxPositions)
	}
	return r
}

// ropeObject is the object of a configuration's only RoPE: a rope_scaling that is not
// empty wins over rope_parameters.
func (c *Config) ropeObject() (string, *Config) {
	if o := c.Object("rope_scaling"); o != nil && len(o.values) > 0 {
		return "rope_scaling", o
	}
	if o := c.Object("rope_parameters"); o != nil {
		return "rope_parameters", o
	}
	return "rope_parameters", &Config{source: c.source, prefix: c.prefix, err: c.err}
}

// ropeObjectOf is the object of a type of layer. That of full attention has the keys
// of rope_scaling, too, which win.
func (c *Config) ropeObjectOf(layerType string) (string, *Config) {
	where, o := "rope_parameters", c.Object("rope_parameters")
	if o != nil {
		where += "." + layerType
		o = o.Object(layerType)
	}
	if o == nil {
		o = &Config{source: c.source, prefix: c.prefix, err: c.err}
	}
	if scaling := c.Object("rope_scaling"); scaling != nil && layerType == "full_attention" {
		values := make(map[string]json.RawMessage)
		maps.Copy(values, o.values)
		maps.Copy(values, scaling.values)
		where, o = "rope_scaling", scaling
		o.values = values
	}
	return where, o
}
