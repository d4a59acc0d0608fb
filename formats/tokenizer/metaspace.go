package tokenizer

import (
	"fmt"
	"strings"

	"github.com/neuralnuggets/nugget/formats/tokenizer/oniguruma"
)

// metaspace replaces spaces by a visible character, puts one in front, and cuts
// before each. It is also the decoder that undoes that.
type metaspace struct {
	mark    string // the visible character
	prepend string // "always", "first" (only where the text begins) or "never"
	cut     bool
}

func readMetaspaceFields(o object) (metaspace, error) {
	mark, err := o.get("replacement").char()
	if err != nil {
		return metaspace{}, err
	}
	m := metaspace{mark: string(mark), prepend: "always"}
	if scheme := o.get("prepend_scheme"); !scheme.null() {
		if m.prepend, err = scheme.text(); err != nil {
			return m, err
		}
		switch m.prepend {
		case "always", "first", "never":
		default:
			return m, fmt.Errorf("%s: the scheme %q is not supported", scheme.path, m.prepend)
		}
	}
	prefix, err := o.get("add_prefix_space").flag(true)
	if err != nil {
		return m, err
	}
	if !prefix {
		// Older files have no scheme; in newer ones both have to agree.
		if scheme := o.get("prepend_scheme"); !scheme.null() && m.prepend != "never" {
			return m, fmt.Errorf("%s: %q contradicts add_prefix_space false", scheme.path, m.prepend)
		}
		m.prepend = "never"
	}
	m.cut, err = o.get("split").flag(true)
	return m, err
}

func readMetaspace(o object) (preTokenizer, error) { return readMetaspaceFields(o) }

func (m metaspace) split(in []piece) ([]piece, error) {
	out := make([]piece, 0, len(in))
	var spans []oniguruma.Span
	mark := pattern{literal: m.mark}
	for _, p := range in {
		p.text = strings.ReplaceAll(p.text, " ", m.mark)
		if (m.prepend == "always" || m.prepend == "first" && p.head > 0) && p.text != "" && !strings.HasPrefix(p.text, m.mark) {
			p.text = m.mark + p.text
		}
		if !m.cut {
			out = append(out, p)
			continue
		}
		spans, _ = mark.findAll(spans[:0], p.text) // a literal can't fail
		out = appendPieces(out, p, mergedWithNext.apply(cutsAt(nil, len(p.text), spans, false)))
	}
	return out, nil
}

// decode turns marks into spaces; in the first token they are dropped where the
// encoder put one in front.
func (m metaspace) decode(tokens []string) ([]string, error) {
	for i, t := range tokens {
		with := " "
		if i == 0 && m.prepend != "never" {
			with = ""
		}
		tokens[i] = strings.ReplaceAll(t, m.mark, with)
	}
	return tokens, nil
}
