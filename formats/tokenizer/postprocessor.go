package tokenizer

import (
	"fmt"
	"slices"
)

// template is what a post-processor puts around a text's ids.
type template []templatePart

// templatePart is the text's ids, or some special tokens'.
type templatePart struct {
	text bool
	ids  []int32
}

func (t template) apply(ids []int32, addSpecial bool) []int32 {
	var out []int32
	for _, part := range t {
		switch {
		case part.text:
			out = append(out, ids...)
		case addSpecial:
			out = append(out, part.ids...)
		}
	}
	return slices.Clip(out)
}

// readPostProcessor reads the templates that special tokens are put in by.
func readPostProcessor(n node) ([]template, error) {
	o, err := n.object()
	if err != nil {
		return nil, err
	}
	kind, err := o.kind()
	if err != nil {
		return nil, err
	}
	switch kind {
	case "Sequence":
		items, err := o.get("processors").items()
		if err != nil {
			return nil, err
		}
		var all []template
		for _, item := range items {
			t, err := readPostProcessor(item)
			if err != nil {
				return nil, err
			}
			all = append(all, t...)
		}
		return all, nil
	case "ByteLevel": // concerns offsets only
		return nil, nil
	case "TemplateProcessing":
		return readTemplate(o)
	case "BertProcessing", "RobertaProcessing":
		cls, err := readTokenID(o.get("cls"))
		if err != nil {
			return nil, err
		}
		sep, err := readTokenID(o.get("sep"))
		return []template{{{ids: []int32{cls}}, {text: true}, {ids: []int32{sep}}}}, err
	}
	return nil, o.unsupported("post-processor", kind)
}

// readTokenID reads ["token", id].
func readTokenID(n node) (int32, error) {
	items, err := n.items()
	if err != nil {
		return 0, err
	}
	if len(items) != 2 {
		return 0, fmt.Errorf(`%s: found %d values, expected ["token", id]`, n.path, len(items))
	}
	return items[1].id()
}

// readTemplate reads the template for a single text.
func readTemplate(o object) ([]template, error) {
	special, err := o.get("special_tokens").object()
	if err != nil {
		return nil, err
	}
	items, err := o.get("single").items()
	if err != nil {
		return nil, err
	}
	t := make(template, len(items))
	for i, item := range items {
		if t[i], err = readTemplatePart(item, special); err != nil {
			return nil, err
		}
	}
	return []template{t}, nil
}

// readTemplatePart reads {"Sequence": {"id": "A"}} or {"SpecialToken": {"id": ...}}.
func readTemplatePart(n node, special object) (templatePart, error) {
	o, err := n.object()
	if err != nil {
		return templatePart{}, err
	}
	if seq := o.get("Sequence"); !seq.null() {
		s, err := seq.object()
		if err != nil {
			return templatePart{}, err
		}
		id, err := s.get("id").text()
		if err == nil && id != "A" {
			err = fmt.Errorf("%s: found %q, but a single text has the sequence A only", s.get("id").path, id)
		}
		return templatePart{text: true}, err
	}
	s, err := o.get("SpecialToken").object()
	if err != nil {
		return templatePart{}, err
	}
	name, err := s.get("id").text()
	if err != nil {
		return templatePart{}, err
	}
	token, err := special.get(name).object()
	if err != nil {
		return templatePart{}, err
	}
	items, err := token.get("ids").items()
	if err != nil {
		return templatePart{}, err
	}
	ids := make([]int32, len(items))
	for i, item := range items {
		if ids[i], err = item.id(); err != nil {
			return templatePart{}, err
		}
	}
	return templatePart{ids: ids}, nil
}
