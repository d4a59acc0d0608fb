package tokenizer

import (
	"fmt"
	"strings"

	"github.com/neuralnuggets/nugget/formats/tokenizer/oniguruma"
)

// pattern finds places in a text: those of a string, or of a regular expression.
type pattern struct {
	literal string
	regex   *oniguruma.Regexp // nil: literal
}

// readPattern reads {"String": "..."} or {"Regex": "..."}.
func readPattern(n node) (pattern, error) {
	o, err := n.object()
	if err != nil {
		return pattern{}, err
	}
	if lit := o.get("String"); !lit.null() {
		s, err := lit.text()
		if err == nil && s == "" {
			err = fmt.Errorf("%s: an empty pattern is not supported", lit.path)
		}
		return pattern{literal: s}, err
	}
	if o.get("Regex").null() {
		return pattern{}, fmt.Errorf("%s: expected String or Regex in it", n.path)
	}
	s, err := o.get("Regex").text()
	if err != nil {
		return pattern{}, err
	}
	re, err := oniguruma.Compile(s)
	if err != nil {
		return pattern{}, fmt.Errorf("%s.Regex: %w", n.path, err)
	}
	return pattern{regex: re}, nil
}

func (p pattern) findAll(dst []oniguruma.Span, text string) ([]oniguruma.Span, error) {
	if p.regex != nil {
		return p.regex.FindAll(dst, text)
	}
	for pos := 0; ; {
		i := strings.Index(text[pos:], p.literal)
		if i < 0 {
			return dst, nil
		}
		start := pos + i
		pos = start + len(p.literal)
		dst = append(dst, oniguruma.Span{Start: start, End: pos})
	}
}

// replace is text with content in place of every match.
func (p pattern) replace(text, content string) (string, error) {
	spans, err := p.findAll(nil, text)
	if err != nil || len(spans) == 0 {
		return text, err
	}
	return replaceSpans(text, spans, content), nil
}

func replaceSpans(text string, spans []oniguruma.Span, content string) string {
	var b strings.Builder
	done := 0
	for _, s := range spans {
		b.WriteString(text[done:s.Start])
		b.WriteString(content)
		done = s.End
	}
	b.WriteString(text[done:])
	return b.String()
}
