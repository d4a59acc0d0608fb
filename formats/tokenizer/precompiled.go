package tokenizer

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/neuralnuggets/nugget/formats/tokenizer/ucd"
)

// precompiled is SentencePiece's normalizer: a table of replacements, compiled
// into a double-array trie of the keys (in units of 32 bits) whose values are
// places in a blob of NUL-terminated texts.
type precompiled struct {
	units []uint32
	texts string
}

func readPrecompiled(n node) (normalizer, error) {
	s, err := n.text()
	if err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n.path, err)
	}
	p, err := newPrecompiled(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n.path, err)
	}
	return p, nil
}

// newPrecompiled reads a charsmap: the trie's size in bytes (32 bits, little
// endian), the trie, the texts.
func newPrecompiled(data []byte) (*precompiled, error) {
	if len(data) < 4 {
		return nil, fmt.Errorf("found %d bytes, expected at least the trie's size", len(data))
	}
	size := binary.LittleEndian.Uint32(data)
	rest := data[4:]
	if size%4 != 0 || uint64(size) > uint64(len(rest)) {
		return nil, fmt.Errorf("the trie's size is %d bytes, but %d follow", size, len(rest))
	}
	p := &precompiled{units: make([]uint32, size/4), texts: string(rest[size:])}
	for i := range p.units {
		p.units[i] = binary.LittleEndian.Uint32(rest[4*i:])
	}
	if !utf8.ValidString(p.texts) {
		return nil, fmt.Errorf("the replacements are not valid UTF-8")
	}
	return p, nil
}

// normalize looks up grapheme clusters of less than 6 bytes as a whole, and else
// character by character. (Graphemes are uniseg's, of Unicode 15; `tokenizers`
// has 17's, so that newer marks are joined to what is before them here.)
func (p *precompiled) normalize(in piece) (piece, error) {
	var b strings.Builder
	b.Grow(len(in.text))
	state := -1
	for rest := in.text; rest != ""; {
		var cluster string
		cluster, rest, state = nextGrapheme(rest, state)
		if len(cluster) < 6 {
			if text, ok := p.lookup(cluster); ok {
				if len(rest)+len(cluster) == len(in.text) && in.head > 0 && utf8.RuneCountInString(cluster) == 1 {
					in.head = max(1, utf8.RuneCountInString(text))
				}
				b.WriteString(text)
				continue
			}
		}
		for i, r := range cluster {
			c := cluster[i : i+utf8.RuneLen(r)]
			if text, ok := p.lookup(c); ok {
				c = text
			}
			b.WriteString(c)
		}
	}
	in.text = b.String()
	return in, nil
}

// nextGrapheme is uniseg's, and the clusters behind it that begin with a mark of
// Unicode 15.1 to 17.
func nextGrapheme(s string, state int) (cluster, rest string, newState int) {
	cluster, rest, _, newState = uniseg.FirstGraphemeClusterInString(s, state)
	for rest != "" {
		r, _ := utf8.DecodeRuneInString(rest)
		last, _ := utf8.DecodeLastRuneInString(cluster)
		if r < newMarks[0].Lo || !newMarks.Contains(r) || unicode.In(last, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			break
		}
		var more string
		more, rest, _, newState = uniseg.FirstGraphemeClusterInString(rest, newState)
		cluster = s[:len(cluster)+len(more)]
	}
	return cluster, rest, newState
}

// newMarks are the characters that extend a grapheme in Unicode 17 but don't in
// Unicode 15.
var newMarks = ucd.Set{
	{Lo: 0x897, Hi: 0x897}, {Lo: 0x1ACF, Hi: 0x1ADD}, {Lo: 0x1AE0, Hi: 0x1AEB}, {Lo: 0x10D69, Hi: 0x10D6D},
	{Lo: 0x10EFA, Hi: 0x10EFC}, {Lo: 0x113B8, Hi: 0x113C0}, {Lo: 0x113C2, Hi: 0x113C2}, {Lo: 0x113C5, Hi: 0x113C5},
	{Lo: 0x113C7, Hi: 0x113CA}, {Lo: 0x113CC, Hi: 0x113D0}, {Lo: 0x113D2, Hi: 0x113D2}, {Lo: 0x113E1, Hi: 0x113E2},
	{Lo: 0x11B60, Hi: 0x11B67}, {Lo: 0x11F5A, Hi: 0x11F5A}, {Lo: 0x1611E, Hi: 0x1612F}, {Lo: 0x1E5EE, Hi: 0x1E5EF},
	{Lo: 0x1E6E3, Hi: 0x1E6E3}, {Lo: 0x1E6E6, Hi: 0x1E6E6}, {Lo: 0x1E6EE, Hi: 0x1E6EF}, {Lo: 0x1E6F5, Hi: 0x1E6F5},
}

// lookup is the replacement for the shortest key that s begins with. (So a
// cluster is replaced as a whole by what replaces its beginning; that is how
// `tokenizers` does it, though it is hardly meant.)
func (p *precompiled) lookup(s string) (string, bool) {
	node := uint32(0)
	unit, ok := p.unit(node)
	if !ok {
		return "", false
	}
	node ^= unitOffset(unit)
	for i := 0; i < len(s) && s[i] != 0; i++ {
		node ^= uint32(s[i])
		if unit, ok = p.unit(node); !ok || unit&(1<<31|0xFF) != uint32(s[i]) {
			return "", false
		}
		node ^= unitOffset(unit)
		if unit>>8&1 == 0 { // no key ends here
			continue
		}
		value, ok := p.unit(node)
		at := value &^ (1 << 31)
		if !ok || uint64(at) > uint64(len(p.texts)) {
			return "", false
		}
		text := p.texts[at:]
		if end := strings.IndexByte(text, 0); end >= 0 {
			text = text[:end]
		}
		return text, utf8.ValidString(text)
	}
	return "", false
}

func (p *precompiled) unit(i uint32) (uint32, bool) {
	if uint64(i) >= uint64(len(p.units)) {
		return 0, false
	}
	return p.units[i], true
}

func unitOffset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }
