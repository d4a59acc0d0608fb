package tokenizer

import (
	"math"
	"strings"
	"unicode/utf8"
)

// decoder turns tokens into parts of text, which are then put together. It may
// write into tokens.
type decoder interface {
	decode(tokens []string) ([]string, error)
}

func readDecoder(n node) (decoder, error) {
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
		return readDecoders(o.get("decoders"))
	case "ByteLevel":
		return decodeFunc(decodeByteLevel), nil
	case "ByteFallback":
		return decodeFunc(decodeByteFallback), nil
	case "Fuse":
		return decodeFunc(fuse), nil
	case "Metaspace":
		return readMetaspaceDecoder(o)
	case "Replace":
		return readReplaceDecoder(o)
	case "Strip":
		return readStripDecoder(o)
	case "BPEDecoder":
		suffix, err := o.get("suffix").text()
		return decodeFunc(func(tokens []string) []string { return decodeSuffix(tokens, suffix) }), err
	}
	return nil, o.unsupported("decoder", kind)
}

func readMetaspaceDecoder(o object) (decoder, error) { return readMetaspaceFields(o) }

// decoders run one behind the other.
type decoders []decoder

func readDecoders(n node) (decoder, error) {
	items, err := n.items()
	if err != nil {
		return nil, err
	}
	all := make(decoders, len(items))
	for i, item := range items {
		if all[i], err = readDecoder(item); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (all decoders) decode(tokens []string) ([]string, error) {
	for _, d := range all {
		var err error
		if tokens, err = d.decode(tokens); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// decodeFunc is a decoder that can't fail.
type decodeFunc func([]string) []string

func (f decodeFunc) decode(tokens []string) ([]string, error) { return f(tokens), nil }

func fuse(tokens []string) []string { return []string{strings.Join(tokens, "")} }

// decodeByteLevel puts the bytes of all tokens together. A token with a
// character that stands for no byte counts as it is.
func decodeByteLevel(tokens []string) []string {
	var all []byte
	for _, t := range tokens {
		var ok bool
		if all, ok = fromByteLevel(all, t); !ok {
			all = append(all, t...)
		}
	}
	return []string{validUTF8(all)}
}

// decodeByteFallback turns runs of <0x..> tokens into text, or into a U+FFFD for
// each where they aren't UTF-8.
func decodeByteFallback(tokens []string) []string {
	var out []string
	var run []byte
	flush := func() {
		if utf8.Valid(run) {
			if len(run) > 0 {
				out = append(out, string(run))
			}
		} else {
			out = append(out, strings.Repeat("\uFFFD", len(run)))
		}
		run = run[:0]
	}
	for _, t := range tokens {
		if b, ok := byteOf(t); ok {
			run = append(run, b)
			continue
		}
		flush()
		out = append(out, t)
	}
	flush()
	return out
}

// byteOf is the byte of a token <0x..>.
func byteOf(token string) (byte, bool) {
	if len(token) != 6 || token[:3] != "<0x" || token[5] != '>' {
		return 0, false
	}
	hi, ok1 := hexDigit(token[3])
	lo, ok2 := hexDigit(token[4])
	return hi<<4 | lo, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

// decodeSuffix turns the suffix that ends words into a space, but for the last.
func decodeSuffix(tokens []string, suffix string) []string {
	for i, t := range tokens {
		with := " "
		if i == len(tokens)-1 {
			with = ""
		}
		tokens[i] = strings.ReplaceAll(t, suffix, with)
	}
	return tokens
}

type replaceDecoder replaceNormalizer

func readReplaceDecoder(o object) (decoder, error) {
	pat, err := readPattern(o.get("pattern"))
	if err != nil {
		return nil, err
	}
	content, err := o.get("content").text()
	return replaceDecoder{pat, content}, err
}

func (r replaceDecoder) decode(tokens []string) ([]string, error) {
	for i, t := range tokens {
		var err error
		if tokens[i], err = r.pattern.replace(t, r.content); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// stripDecoder removes up to start characters in front of each token, and stop
// behind, as long as they are content.
type stripDecoder struct {
	content     string
	start, stop int
}

func readStripDecoder(o object) (decoder, error) {
	content, err := o.get("content").char()
	if err != nil {
		return nil, err
	}
	d := stripDecoder{content: string(content)}
	for _, f := range []struct {
		name string
		to   *int
	}{{"start", &d.start}, {"stop", &d.stop}} {
		var n uint32
		if err := o.get(f.name).read(&n, "a number of characters"); err != nil {
			return nil, err
		}
		*f.to = int(min(n, math.MaxInt32))
	}
	return d, nil
}

func (d stripDecoder) decode(tokens []string) ([]string, error) {
	for i, t := range tokens {
		for n := 0; n < d.start && strings.HasPrefix(t, d.content); n++ {
			t = t[len(d.content):]
		}
		for n := 0; n < d.stop && strings.HasSuffix(t, d.content); n++ {
			t = t[:len(t)-len(d.content)]
		}
		tokens[i] = t
	}
	return tokens, nil
}
