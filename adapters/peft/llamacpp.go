package peft

import (
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// The rules of llama.cpp, read in convert_lora_to_gguf.py at 0b03ada and in
// src/llama-adapter.cpp at 0650ea8.
const (
	llamaVersion = "0b03ada"
	llamaInit    = "src/llama-adapter.cpp, llama_adapter_lora_init_impl"
	llamaNames   = "convert_lora_to_gguf.py, LoraModel.get_tensors"
	llamaTied    = "convert_lora_to_gguf.py, LoraModel.modify_tensors; src/llama-adapter.cpp, llama_adapter_lora_init_impl"
	llamaScale   = "convert_lora_to_gguf.py, LoraModel.set_gguf_parameters; src/llama-adapter.h, llama_adapter_lora_weight::get_scale"
	llamaConv1D  = "conversion/gpt2.py, GPT2Model.modify_tensors; convert_lora_to_gguf.py, LoraTorchTensor.permute"
	llamaExperts = "conversion/llama.py and qwen.py, prepare_tensors (Unprocessed experts)"
)

func (c *candidate) llamaCpp() Verdict {
	v := newVerdict("llama.cpp", llamaVersion)
	for _, t := range c.file.Tensors() {
		a, b := strings.Contains(t.Name, linearA) || strings.Contains(t.Name, embeddingA), strings.Contains(t.Name, linearB) || strings.Contains(t.Name, embeddingB)
		switch {
		case a, b, strings.Contains(t.Name, baseWeight):
		case strings.Contains(t.Name, "_layernorm"), strings.Contains(t.Name, ".norm"):
			v.because(Ignored, t.Name, llamaInit, "is a norm, and left out")
		default:
			v.because(Refused, t.Name, llamaNames, "is neither A nor B of a LoRA layer")
		}
	}
	for _, f := range c.findings {
		switch f.Rule {
		case RulePair:
			v.because(Refused, f.Module, llamaNames, "found %s, expected both", f.Found)
		case RuleShape:
			v.because(Refused, f.Module, llamaInit, otherShape)
		case RuleUnknown:
			v.because(Refused, f.Module, llamaInit, "is no module of the model")
		}
	}
	for _, p := range c.fitting {
		c.llamaModule(v, p)
	}
	c.llamaExperts(v)
	c.scaled(v, llamaScale, func(p *pair) float64 { return c.config.alpha / float64(p.a.Shape[0]) })
	if c.config.baseModel == "" {
		v.Needs = "--base with the model's HuggingFace folder"
	}
	c.broken(v)
	return v.Verdict
}

func (c *candidate) llamaModule(v *verdict, p fitting) {
	m := p.module
	switch {
	case m.FanInFanOut && m.Out != m.In:
		v.because(Refused, p.path, llamaConv1D, "the converter turns Conv1D's factors round, which lie as a linear map's already, and the shapes do not fit")
	case m.FanInFanOut:
		v.because(Ignored, p.path, llamaConv1D, "the converter turns Conv1D's factors round, which lie as a linear map's already, and the change is another one")
	case m.TiedTo != "":
		v.because(Refused, p.path, llamaTied, "the GGUF file has no output of its own")
	case m.Kind == arch.Embedding && tiedOutput(c.model, p.path):
		v.because(Unknown, p.path, llamaTied, "the output uses the same tensor")
	}
}

func tiedOutput(model *arch.Architecture, path string) bool {
	for _, m := range model.Modules {
		if m.TiedTo == path {
			return true
		}
	}
	return false
}

// llamaExperts wants all maps of all experts of a layer, of one rank: they are stacked.
func (c *candidate) llamaExperts(v *verdict) {
	type layer struct{ maps, rank int }
	layers := make(map[int]*layer)
	for _, p := range c.fitting {
		if !fusable(p.module) {
			continue
		}
		if p.cut != nil {
			v.because(Refused, p.a.Name, llamaExperts, "the experts of a layer in one are not known to the converter")
			return
		}
		l := layers[p.module.Layer]
		if l == nil {
			l = &layer{rank: p.rank}
			layers[p.module.Layer] = l
		}
		if l.maps++; l.rank != p.rank {
			v.because(Refused, p.path, llamaExperts, "experts of several ranks cannot be stacked")
		}
	}
	for i, l := range layers {
		all := 0
		for _, m := range c.model.LayerModules(i) {
			if fusable(m) {
				all++
			}
		}
		if l.maps != all {
			v.because(Refused, "", llamaExperts, "has %d of the %d maps of a layer's experts", l.maps, all)
		}
	}
}
