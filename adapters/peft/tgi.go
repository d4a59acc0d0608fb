package peft

import (
	"maps"
	"math"
	"regexp"
	"slices"
)

// The rules of TGI, read in server/text_generation_server at 45d95bd (adapters/lora.py)
// and 4b56934 (utils/adapter.py).
const (
	tgiVersion = "45d95bd"
	tgiNames   = "utils/adapter.py, build_layer_weight_lookup; adapters/lora.py, LoraConfig.map_weights_for_model"
	tgiLayers  = "adapters/lora.py, LoraWeights.prepare_weights"
)

// tgiPaths are the modules that it looks for.
var tgiPaths = regexp.MustCompile(`^(?:model\.layers\.\d+\.(?:self_attn\.([qkvo]_proj)|mlp\.((?:gate|up|down)_proj))|(lm_head))$`)

func (c *candidate) tgi() Verdict {
	v := newVerdict("TGI", tgiVersion)
	layers := make(map[string]map[int]int) // ranks by type and layer
	used := 0
	for _, p := range c.fitting {
		m := tgiPaths.FindStringSubmatch(p.path)
		if m == nil || p.cut != nil {
			v.because(Ignored, p.path, tgiNames, "is left out: only q, k, v, o, gate, up and down_proj of model.layers and lm_head are looked for")
			continue
		}
		used++
		kind := m[1] + m[2] + m[3]
		if layers[kind] == nil {
			layers[kind] = make(map[int]int)
		}
		layers[kind][p.module.Layer] = p.rank
	}
	for _, f := range c.findings {
		if f.Rule == RuleShape && tgiPaths.MatchString(f.Module) {
			used++
			v.because(Unknown, f.Module, tgiLayers, otherShape)
		}
	}
	if used == 0 {
		v.because(Ignored, "", tgiNames, "nothing of the adapter is used")
	}
	for _, kind := range slices.Sorted(maps.Keys(layers)) {
		c.tgiLayers(v, kind, layers[kind])
	}
	for _, k := range c.others {
		v.because(Ignored, k.name, tgiNames, "is left out")
	}
	c.scaled(v, tgiLayers, func(*pair) float64 {
		if c.config.rslora {
			return c.config.alpha / math.Sqrt(float64(c.config.rank))
		}
		return c.config.alpha / float64(c.config.rank)
	})
	c.broken(v)
	return v.Verdict
}

// tgiLayers wants a type of module in every layer.
func (c *candidate) tgiLayers(v *verdict, kind string, ranks map[int]int) {
	if n := len(c.model.Layers); kind != "lm_head" && len(ranks) < n {
		v.because(Ignored, "", tgiLayers, "%s is adapted in %d of %d layers, and left out in all", kind, len(ranks), n)
	}
	first := -1
	for _, r := range ranks {
		if first >= 0 && r != first {
			v.because(Unknown, "", tgiLayers, "%s has several ranks, which it may not be able to stack", kind)
			return
		}
		first = r
	}
}
