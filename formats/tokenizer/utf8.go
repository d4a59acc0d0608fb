package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// InvalidUTF8Error says that the text to encode isn't UTF-8.
type InvalidUTF8Error struct {
	Offset int // of the first byte that isn't, in bytes
	Byte   byte
}

func (e *InvalidUTF8Error) Error() string {
	return fmt.Sprintf("the text is not valid UTF-8: byte 0x%02X at offset %d", e.Byte, e.Offset)
}

// Hint says what can be done about it.
func (e *InvalidUTF8Error) Hint() string {
	return "convert the text to UTF-8, or replace what is broken in it by U+FFFD, before it is encoded"
}

func checkUTF8(text string) error {
	if utf8.ValidString(text) {
		return nil
	}
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
			return &InvalidUTF8Error{Offset: i, Byte: text[i]}
		}
	}
	return nil
}

// validUTF8 is b with a U+FFFD for each maximal part of a character that isn't
// complete, and for each byte that begins none: as Rust's from_utf8_lossy and
// the Unicode standard have it. (Go's strings.ToValidUTF8 makes one of a whole
// run, and ranging over the string one of every byte.)
func validUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			n = partialLen(b)
		}
		out.WriteRune(r)
		b = b[n:]
	}
	return out.String()
}

// partialLen is how many of the first bytes of b, which don't begin with a whole
// character, could be the beginning of one; at least 1.
func partialLen(b []byte) int {
	need, lo, hi := 0, byte(0x80), byte(0xBF) // more bytes, and what the next may be
	switch c := b[0]; {
	case c >= 0xC2 && c <= 0xDF:
		need = 1
	case c >= 0xE0 && c <= 0xEF:
		need = 2
		if c == 0xE0 {
			lo = 0xA0
		} else if c == 0xED {
			hi = 0x9F
		}
	case c >= 0xF0 && c <= 0xF4:
		need = 3
		if c == 0xF0 {
			lo = 0x90
		} else if c == 0xF4 {
			hi = 0x8F
		}
	}
	n := 1
	for n <= need && n < len(b) && b[n] >= lo && b[n] <= hi {
		n, lo, hi = n+1, 0x80, 0xBF
	}
	return n
}
