package sdk

import (
	"encoding/json"
	"math"
	"strconv"
)

// What a configuration may say about a size: what the host takes.
const (
	maxSize    = 1 << 28
	maxLayers  = 4096
	maxHeadDim = 1 << 16
)

// Size reads a positive integer.
func (c *Config) Size(key string, missing int) int {
	n := c.Int(key, missing)
	if n < 1 && *c.err == nil {
		if c.Has(key) {
			c.fail(key, "is %d, expected a positive integer", n)
		} else {
			c.fail(key, "is missing")
		}
	}
	return n
}

// HeadDim reads the width of an attention head, which is, where the key is missing,
// the heads' share of the hidden size, rounded down; hiddenKey is the latter's, for
// the message.
func (c *Config) HeadDim(key, hiddenKey string, hidden, heads int) int {
	if heads > hidden && !c.Has(key) {
		c.fail(hiddenKey, "is %d, expected at least the number of heads, %d", hidden, heads)
	}
	return c.sizeUpTo(maxHeadDim, key, hidden/max(heads, 1))
}

// Layers reads the number of layers.
func (c *Config) Layers(key string, missing int) int { return c.sizeUpTo(maxLayers, key, missing) }

// sizeUpTo is Size with a limit of its own: of what the description has a list of.
func (c *Config) sizeUpTo(limit int, key string, missing int) int {
	n := c.Size(key, missing)
	if n > limit {
		c.fail(key, "is %d, expected at most %d", n, limit)
		return 0
	}
	return n
}

// Int reads an integer of at least 0.
func (c *Config) Int(key string, missing int) int {
	v := c.raw(key)
	if v == nil {
		return missing
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil || f != math.Trunc(f) || f < 0 || f > maxSize {
		c.fail(key, "is %s, expected an integer of 0 to %d", short(v), maxSize)
		return 0
	}
	return int(f)
}

// Float reads a finite number.
func (c *Config) Float(key string, missing float64) float64 {
	v := c.raw(key)
	if v == nil {
		return missing
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		c.fail(key, "is %s, expected a number", short(v))
		return 0
	}
	return f
}

// NonNegative reads a finite number of at least 0: an epsilon, a cap.
func (c *Config) NonNegative(key string, missing float64) float64 {
	f := c.Float(key, missing)
	if f < 0 {
		c.fail(key, "is %s, expected a number of at least 0", number(f))
	}
	return f
}

// Floats reads a list of numbers; nil: missing.
func (c *Config) Floats(key string) []float64 {
	v := c.raw(key)
	if v == nil {
		return nil
	}
	var list []float64
	if err := json.Unmarshal(v, &list); err != nil {
		c.fail(key, "is %s, expected a list of numbers", short(v))
	}
	return list
}

// Ints reads a list of integers of at least 0; nil: missing.
func (c *Config) Ints(key string) []int {
	v := c.raw(key)
	if v == nil {
		return nil
	}
	var list []uint32
	if err := json.Unmarshal(v, &list); err != nil {
		c.fail(key, "is %s, expected a list of integers of at least 0", short(v))
		return nil
	}
	ints := make([]int, len(list))
	for i, n := range list {
		ints[i] = int(min(n, maxSize))
	}
	return ints
}

// Bool reads true or false.
func (c *Config) Bool(key string, missing bool) bool {
	v := c.raw(key)
	if v == nil {
		return missing
	}
	if s := string(v); s != "true" && s != "false" {
		c.fail(key, "is %s, expected true or false", short(v))
	}
	return string(v) == "true"
}

// String reads a string.
func (c *Config) String(key, missing string) string {
	v := c.raw(key)
	if v == nil {
		return missing
	}
	var s string
	if err := json.Unmarshal(v, &s); err != nil {
		c.fail(key, "is %s, expected a string", short(v))
	}
	return s
}

// Object reads an object of its own keys; nil: missing.
func (c *Config) Object(key string) *Config {
	v := c.raw(key)
	if v == nil {
		return nil
	}
	o := &Config{source: c.source, prefix: c.prefix + key + ".", err: c.err}
	if err := json.Unmarshal(v, &o.values); err != nil {
		c.fail(key, "is %s, expected an object", short(v))
	}
	return o
}

// RefuseQuantised fails on a checkpoint whose tensors are codes of a quantisation
// method (GPTQ, AWQ, bitsandbytes, ...) and not weights.
func (c *Config) RefuseQuantised() {
	const key = "quantization_config"
	if q := c.Object(key); q != nil {
		c.fail(key, "says that the weights are quantised (%s), expected a checkpoint in float32, float16 or bfloat16", q.String("quant_method", "by an unnamed method"))
	}
}
