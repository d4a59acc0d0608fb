package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
)

// configure takes over what tokenizer_config.json says.
func (t *Tokenizer) configure(data []byte) error {
	if err := checkJSON(data); err != nil {
		return err
	}
	o, err := node{"", data}.object()
	if err != nil {
		return fmt.Errorf("found %s, expected an object", node{"", data}.kind())
	}
	special, err := readSpecial(o)
	if err != nil {
		return err
	}
	if _, ok := special["pad_token"]; !ok {
		special["pad_token"] = t.special["pad_token"]
	}
	t.setSpecial(special)
	addBOS, addEOS := o.get("add_bos_token"), o.get("add_eos_token")
	if addBOS.null() && addEOS.null() {
		return nil
	}
	bos, err := addBOS.flag(false)
	if err != nil {
		return err
	}
	eos, err := addEOS.flag(false)
	if err != nil {
		return err
	}
	return t.surround(bos, eos)
}

// readSpecial reads the special tokens that have a name.
func readSpecial(o object) (map[string]string, error) {
	special := map[string]string{}
	for name := range o.fields {
		if !strings.HasSuffix(name, "_token") {
			continue
		}
		token, err := readConfigToken(o.get(name))
		if err != nil && (name == "bos_token" || name == "eos_token") {
			return nil, err
		}
		special[name] = token // add_bos_token is none, for one
	}
	named, err := o.get("extra_special_tokens").object()
	if err != nil {
		return special, nil // most have none, or a list of tokens without names
	}
	for name := range named.fields {
		if special[name], err = readConfigToken(named.get(name)); err != nil {
			return nil, err
		}
	}
	return special, nil
}

// readConfigToken reads "token" or {"content": "token"}.
func readConfigToken(n node) (string, error) {
	if n.null() {
		return "", nil
	}
	var s string
	if json.Unmarshal(n.raw, &s) == nil {
		return s, nil
	}
	o, err := n.object()
	if err != nil {
		return "", err
	}
	return o.get("content").text()
}

// surround makes BOS and EOS, where there are such, the special tokens that
// Encode adds.
func (t *Tokenizer) surround(addBOS, addEOS bool) error {
	tmpl := template{{text: true}}
	if addBOS && t.BOS() != "" {
		id, ok := t.ID(t.BOS())
		if !ok {
			return fmt.Errorf("bos_token: %q is not in the vocabulary", t.BOS())
		}
		tmpl = append(template{{ids: []int32{id}}}, tmpl...)
	}
	if addEOS && t.EOS() != "" {
		id, ok := t.ID(t.EOS())
		if !ok {
			return fmt.Errorf("eos_token: %q is not in the vocabulary", t.EOS())
		}
		tmpl = append(tmpl, templatePart{ids: []int32{id}})
	}
	t.templates = []template{tmpl}
	return nil
}
