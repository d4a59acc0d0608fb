package peft

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// harmless are settings that play no part once an adapter is trained.
var harmless = map[string]bool{
	"auto_mapping": true, "revision": true, "peft_version": true, "task_type": true, "inference_mode": true,
	"lora_dropout": true, "runtime_config": true, "loftq_config": true, "eva_config": true, "corda_config": true,
	"lora_ga_config": true, "megatron_core": true, "qalora_group_size": true,
}

// meanings says what the settings do that an adapter must not have.
var meanings = map[string]string{
	"use_qalora":              "QALoRA's grouping",
	"layer_replication":       "repeated layers",
	"megatron_config":         "Megatron's parallel layers",
	"alora_invocation_tokens": "an adapter that is active after certain tokens only",
	"use_bdlora":              "block-diagonal factors",
	"arrow_config":            "a router between adapters",
	"kasa_config":             "KaSA's changes to the base",
	"ensure_weight_tying":     "adapters that are tied to each other",
}

// only takes a setting that must be one word.
func (c *config) only(name string, value json.RawMessage, word, why string) error {
	var s string
	if err := decode(value, &s); err != nil {
		return err
	}
	if s != word {
		c.find(Finding{Rule: RuleConfig, Module: name, Found: fmt.Sprintf("%q", s), Expected: fmt.Sprintf("%q: %s", word, why), PEFT: Unknown})
	}
	return nil
}

// biases takes which of the base's biases the adapter has.
func (c *config) biases(value json.RawMessage) error {
	if err := decode(value, &c.bias); err != nil || c.bias == "none" {
		return err
	}
	f := Finding{Rule: RuleConfig, Module: "bias", Found: fmt.Sprintf("%q", c.bias), Expected: `"none": trained biases of the base are not supported`, PEFT: Applied, Unsupported: true}
	if c.bias != "all" && c.bias != "lora_only" {
		f.PEFT = Refused
	}
	c.find(f)
	return nil
}

// extra takes the settings that add to the factors.
func (c *config) extra(name string, value json.RawMessage) error {
	if empty(value) {
		return nil
	}
	var err error
	what := ""
	switch name {
	case "use_dora":
		what, err = "DoRA's magnitudes", decode(value, &c.dora)
	case "lora_bias":
		what, err = "biases of LoRA layers", decode(value, &c.loraBias)
	case "modules_to_save":
		what, err = "whole modules in place of the base's", decode(value, &c.save)
	case "trainable_token_indices":
		what, c.tokens = "retrained token embeddings", true
	}
	if err == nil {
		c.find(Finding{Rule: RuleConfig, Module: name, Found: shorten(value), Expected: "null: " + what + " are not supported", PEFT: Applied, Unsupported: true})
	}
	return err
}

// initialisation refuses the ways to start that change the base when PEFT loads the
// adapter.
func (c *config) initialisation(value json.RawMessage) error {
	var s string
	if json.Unmarshal(value, &s) != nil {
		var b *bool
		return decode(value, &b)
	}
	switch strings.ToLower(s) {
	case "gaussian", "orthogonal", "eva":
		return nil
	}
	c.find(Finding{
		Rule: RuleConfig, Module: "init_lora_weights", Found: fmt.Sprintf("%q", s), PEFT: Applied, Unsupported: true,
		Expected: "true or false: with this one PEFT changes the base's weights when it loads the adapter",
		hint:     "PEFT's save_pretrained with path_initial_model_for_weight_conversion makes a plain adapter of it",
	})
	return nil
}

// other takes a setting that must be without effect: absent, null, false or empty.
func (c *config) other(name string, value json.RawMessage) {
	if harmless[name] || empty(value) {
		return
	}
	f := Finding{Rule: RuleConfig, Module: name, Found: shorten(value), PEFT: Unknown}
	if meaning := meanings[name]; meaning != "" {
		f.Expected = "null: " + meaning + " are not supported"
	} else {
		// PEFT 0.21 warns of a setting that it does not know, and goes on without it.
		f.Expected, f.PEFT, f.Unsupported = "null: a setting that is unknown here", Applied, true
	}
	c.find(f)
}

func (c *config) find(f Finding) { c.findings = append(c.findings, f) }

// empty reports whether Python would take a value for false.
func empty(value json.RawMessage) bool {
	switch s := strings.TrimSpace(string(value)); s {
	case "null", "false", "0", "0.0", `""`:
		return true
	default:
		return strings.Trim(s, "[]{} \t\r\n") == ""
	}
}

func shorten(value json.RawMessage) string {
	var compact bytes.Buffer
	if err := json.Compact(&compact, value); err != nil {
		return "what is no JSON"
	}
	s := compact.String()
	if len(s) > 80 {
		s = strings.ToValidUTF8(s[:77], "") + "..."
	}
	return s
}
