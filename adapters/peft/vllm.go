package peft

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// The rules of vLLM, read in the documentation of 0.22.1 (vllm/lora, vllm/config) and in
// docs/models/supported_models.md at 4b387bc.
const (
	vllmVersion  = "0.22.1"
	vllmFeatures = "vllm/lora/peft_helper.py, PEFTHelper._validate_features"
	vllmLegal    = "vllm/lora/peft_helper.py, PEFTHelper.validate_legal"
	vllmScale    = "vllm/lora/peft_helper.py, PEFTHelper.__post_init__"
	vllmRanks    = "vllm/config/lora.py, MaxLoRARanks"
	vllmNames    = "vllm/lora/utils.py, parse_fine_tuned_lora_name"
	vllmModules  = "vllm/lora/lora_model.py, LoRAModel.from_local_checkpoint"
	vllmTensors  = "vllm/lora/lora_model.py, LoRAModel.from_lora_tensors"
	vllmModels   = "docs/models/supported_models.md, column LoRA"
)

func (c *candidate) vllm() Verdict {
	v := newVerdict("vLLM", vllmVersion)
	if len(c.config.save) > 0 {
		v.because(Refused, "modules_to_save", vllmFeatures, "whole modules are not supported")
	}
	if c.config.dora {
		v.because(Refused, "use_dora", vllmFeatures, "DoRA is not supported")
	}
	if c.config.bias != "none" || c.config.loraBias {
		v.because(Refused, "bias", vllmLegal, "biases are not supported")
	}
	c.vllmClass(v)
	c.vllmRank(v)
	c.vllmKeys(v)
	c.scaled(v, vllmScale, func(*pair) float64 {
		if c.config.rslora {
			return c.config.alpha / math.Sqrt(float64(c.config.rank))
		}
		return c.config.alpha / float64(c.config.rank)
	})
	c.broken(v)
	return v.Verdict
}

// vllmClass knows the classes without LoRA and those with it.
func (c *candidate) vllmClass(v *verdict) {
	without := []string{
		"BloomForCausalLM", "DbrxForCausalLM", "FalconForCausalLM", "GPT2LMHeadModel", "GPTJForCausalLM", "GPTNeoXForCausalLM",
		"MptForCausalLM", "MPTForCausalLM", "OlmoeForCausalLM", "PersimmonForCausalLM", "StableLmForCausalLM", "Starcoder2ForCausalLM",
	}
	with := []string{
		"CohereForCausalLM", "Cohere2ForCausalLM", "ExaoneForCausalLM", "Exaone4ForCausalLM", "GemmaForCausalLM", "Gemma2ForCausalLM",
		"Gemma3ForCausalLM", "GlmForCausalLM", "Glm4ForCausalLM", "GPTBigCodeForCausalLM", "GraniteForCausalLM", "GraniteMoeForCausalLM",
		"LlamaForCausalLM", "MistralForCausalLM", "MixtralForCausalLM", "OlmoForCausalLM", "Olmo2ForCausalLM", "Olmo3ForCausalLM",
		"OPTForCausalLM", "PhiForCausalLM", "Phi3ForCausalLM", "PhimoeForCausalLM", "Qwen2ForCausalLM", "Qwen2MoeForCausalLM",
		"Qwen3ForCausalLM", "Qwen3MoeForCausalLM", "SmolLM3ForCausalLM",
	}
	switch {
	case slices.Contains(without, c.class):
		v.because(Refused, "", vllmModels, "%s takes no adapters", c.class)
	case c.class != "" && !slices.Contains(with, c.class):
		v.because(Unknown, "", vllmModels, "whether %s takes adapters is not known here", c.class)
	}
}

// vllmRank names the option that a rank needs. Without one 16 is the largest.
func (c *candidate) vllmRank(v *verdict) {
	rank := c.config.rank
	for _, p := range c.pairs {
		rank = max(rank, p.rank)
	}
	allowed := []int{16, 32, 64, 128, 256, 320, 512}
	i, _ := slices.BinarySearch(allowed, rank)
	switch {
	case i == len(allowed):
		v.because(Refused, "r", vllmRanks, "rank %d is larger than %d", rank, allowed[i-1])
	case i > 0:
		v.Needs = "--max-lora-rank " + strconv.Itoa(allowed[i])
	}
}

// vllmKeys looks at every tensor's name, and at the modules that they are of.
func (c *candidate) vllmKeys(v *verdict) {
	names := make(map[string]bool) // last names that take an adapter
	for _, m := range c.model.Modules {
		if m.Kind != arch.Norm {
			names[lastName(m.Path)] = true
		}
	}
	for _, t := range c.file.Tensors() {
		rest := strings.TrimPrefix(t.Name, keyPrefix)
		path, ok := vllmPath(rest)
		_, expert := parseExpert(path)
		switch {
		case strings.HasSuffix(rest, ".embed_tokens"+baseWeight), strings.HasSuffix(rest, ".lm_head"+baseWeight), rest == "lm_head"+baseWeight, rest == "embed_tokens"+baseWeight:
		case !ok:
			v.because(Refused, t.Name, vllmNames, "is a tensor that is not supported")
		case fusedPaths.MatchString(path):
			v.because(Refused, path, vllmModules, "the experts of a layer in one are not supported, only one by one")
		case !expert && !names[lastName(path)]:
			v.because(Refused, path, vllmModules, "takes no adapter")
		case c.model.Module(path) == nil && !expert:
			v.because(Ignored, path, vllmModules, "is no module of the model, and left out")
		}
	}
	for _, f := range c.findings {
		if f.Rule == RuleShape && f.PEFT == Refused {
			v.because(Refused, f.Module, vllmTensors, otherShape)
		}
	}
}

// vllmPath is the module of a tensor, whose name has no prefix any more.
func vllmPath(name string) (string, bool) {
	for _, end := range []string{linearA, linearB, embeddingA, embeddingB} {
		if path, ok := strings.CutSuffix(name, end); ok {
			return path, true
		}
	}
	return "", false
}
