package peft

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// targets is which of a base's modules PEFT gives an adapter: target_modules,
// exclude_modules, layers_to_transform and layers_pattern, matched as PEFT's
// check_target_module_exists matches them.
type targets struct {
	include, exclude names
	layers           []int // layers_to_transform; nil: all
	layerPatterns    []*regexp.Regexp
}

// names is a list of module names, or one regular expression for whole paths.
type names struct {
	list    []string
	expr    *regexp.Regexp
	allLin  bool // "all-linear"
	present bool
}

func (t *targets) set(name string, value json.RawMessage) error {
	switch name {
	case "target_modules":
		return t.include.set(value)
	case "exclude_modules":
		return t.exclude.set(value)
	case "layers_to_transform":
		return t.setLayers(value)
	default:
		return t.setLayerPatterns(value)
	}
}

func (n *names) set(value json.RawMessage) error {
	if string(value) == "null" {
		return nil
	}
	n.present = true
	var expr string
	if json.Unmarshal(value, &expr) != nil {
		return decode(value, &n.list)
	}
	if strings.EqualFold(expr, "all-linear") {
		n.allLin = true
		return nil
	}
	var err error
	n.expr, err = compile("^(?:", expr, ")$")
	return err
}

// compile takes a regular expression that is Python's. The two languages differ only
// where Go's refuses.
func compile(before, expr, after string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(expr); err != nil {
		return nil, fmt.Errorf("the regular expression %q cannot be used here: %w", expr, err)
	}
	return regexp.Compile(before + expr + after)
}

func (t *targets) setLayers(value json.RawMessage) error {
	var one int
	if string(value) != "null" && json.Unmarshal(value, &one) == nil {
		t.layers = []int{one}
		return nil
	}
	return decode(value, &t.layers)
}

func (t *targets) setLayerPatterns(value json.RawMessage) error {
	var one string
	var list []string
	if string(value) != "null" && json.Unmarshal(value, &one) == nil {
		if one != "" {
			list = []string{one}
		}
	} else if err := decode(value, &list); err != nil {
		return err
	}
	for _, p := range list {
		e, err := compile(`^(?:.*?\.)?(?:`, p, `)\.(\d+)\.`)
		if err != nil {
			return err
		}
		t.layerPatterns = append(t.layerPatterns, e)
	}
	return nil
}

// anyLayer finds a layer's index where no layers_pattern is given.
var anyLayer = regexp.MustCompile(`^.*?\.[^.]*\.(\d+)\.`)

// match reports whether PEFT gives the module an adapter; linear says whether it is a
// linear map inside the layers, which "all-linear" means.
func (t *targets) match(path string, linear bool) bool {
	if t.exclude.expr != nil && t.exclude.expr.MatchString(path) || t.exclude.suffix(path) {
		return false
	}
	switch {
	case t.include.allLin:
		return linear
	case t.include.expr != nil:
		return t.include.expr.MatchString(path)
	case slices.Contains(t.include.list, path):
		return true
	}
	return t.include.suffix(path) && t.inLayers(path)
}

// suffix reports whether the list has the path or an end of it.
func (n *names) suffix(path string) bool {
	for _, s := range n.list {
		if path == s || strings.HasSuffix(path, "."+s) {
			return true
		}
	}
	return false
}

func (t *targets) inLayers(path string) bool {
	if len(t.layers) == 0 {
		return true
	}
	patterns := t.layerPatterns
	if len(patterns) == 0 {
		patterns = []*regexp.Regexp{anyLayer}
	}
	for _, p := range patterns {
		if m := p.FindStringSubmatch(path); m != nil {
			layer, err := strconv.Atoi(m[len(m)-1])
			return err == nil && slices.Contains(t.layers, layer)
		}
	}
	return false
}

// pattern is an entry of rank_pattern or alpha_pattern.
type pattern struct {
	expr  *regexp.Regexp
	value float64
}

func decodePatterns(value json.RawMessage, to *[]pattern) error {
	*to = nil
	if string(value) == "null" {
		return nil
	}
	keys, values, err := object(value)
	if err != nil {
		return fmt.Errorf("found %s, expected an object", shorten(value))
	}
	for _, k := range keys {
		p := pattern{}
		if p.expr, err = compile(`^(?:.*\.)?(?:`, k, `)$`); err != nil {
			return err
		}
		if err := decode(values[k], &p.value); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
		*to = append(*to, p)
	}
	return nil
}

// match is the value of the first pattern that fits (PEFT's get_pattern_key).
func match(patterns []pattern, path string, otherwise float64) float64 {
	for _, p := range patterns {
		if p.expr.MatchString(path) {
			return p.value
		}
	}
	return otherwise
}
