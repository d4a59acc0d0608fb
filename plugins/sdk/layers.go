package sdk

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// The types of layer that transformers' configurations name.
const (
	FullAttention    = "full_attention"
	SlidingAttention = "sliding_attention"
)

// LayerTypes reads layer_types: [FullAttention] or [SlidingAttention] for each of so
// many layers. Missing, it is what the class makes of its other keys.
func (c *Config) LayerTypes(layers int, missing func(layer int) string) []string {
	const key = "layer_types"
	v := c.raw(key)
	var types []string
	if v == nil {
		for i := range layers {
			types = append(types, missing(i))
		}
		return types
	}
	if err := json.Unmarshal(v, &types); err != nil {
		c.fail(key, "is %s, expected a list of strings", short(v))
		return slices.Repeat([]string{FullAttention}, layers)
	}
	if len(types) != layers {
		c.fail(key, "has %d entries, expected %d, one a layer", len(types), layers)
		return slices.Repeat([]string{FullAttention}, layers)
	}
	for i, t := range types {
		if t != FullAttention && t != SlidingAttention {
			c.fail(key, "has %s for layer %d, expected %q or %q", strconv.Quote(t), i, FullAttention, SlidingAttention)
		}
	}
	return types
}

// GGUFLayerTypes is LayerTypes of GGUF metadata, where attention.sliding_window_pattern
// is a number n (each n-th layer is full, the others slide; missing, n is given), or a
// list of a truth value a layer; c has the architecture's keys ([Config.Under]).
func (c *Config) GGUFLayerTypes(layers, n int) []string {
	const key = "attention.sliding_window_pattern"
	var list []bool
	if json.Unmarshal(c.raw(key), &list) != nil {
		n = c.Size(key, n)
		for i := range layers {
			list = append(list, (i+1)%max(n, 1) != 0)
		}
	}
	if len(list) != layers {
		c.fail(key, "has %d entries, expected %d, one a layer", len(list), layers)
	}
	types := slices.Repeat([]string{FullAttention}, layers)
	for i, slides := range list[:min(len(list), layers)] {
		if slides {
			types[i] = SlidingAttention
		}
	}
	return types
}

// Blocks makes a model's blocks and layers of what tells its layers apart: a block
// for each kind, in the order of the kinds' first layers.
func Blocks[Kind comparable](kinds []Kind, block func(Kind) *archpb.Block) (blocks []*archpb.Block, layers []uint32) {
	seen := make(map[Kind]uint32)
	for _, kind := range kinds {
		i, ok := seen[kind]
		if !ok {
			i = uint32(len(blocks))
			seen[kind] = i
			blocks = append(blocks, block(kind))
		}
		layers = append(layers, i)
	}
	return blocks, layers
}

// RefuseFusedExperts fails on a folder whose experts are fused into one tensor a layer,
// as transformers 5 holds them in memory, and saves them on request only.
func RefuseFusedExperts(req *archpb.DescribeRequest) error {
	for _, t := range req.Tensors {
		if strings.HasSuffix(t.Name, ".experts.gate_up_proj") {
			return fmt.Errorf("tensor %q holds the gates of all experts, expected a tensor an expert, as save_pretrained writes without save_original_format=False", t.Name)
		}
	}
	return nil
}
