package chat

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// simpleEscapes are Python's one-letter escapes; an escaped line end is nothing.
var simpleEscapes = map[byte]string{
	'\n': "", '\\': "\\", '\'': "'", '"': "\"", 'a': "\a", 'b': "\b", 'f': "\f",
	'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// unescape reads the escapes of a string literal as Python reads them: an unknown
// one stays as it is, backslash included.
func unescape(s string) (string, error) {
	if !strings.Contains(s, "\\") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		c := s[i+1]
		if text, ok := simpleEscapes[c]; ok {
			b.WriteString(text)
			i += 2
			continue
		}
		digits, base := escapeDigits(s[i+1:])
		if digits == "" {
			if c == 'x' || c == 'u' || c == 'U' || c == 'N' {
				return "", failf(`unknown escape \%c in a string`, c)
			}
			b.WriteByte('\\')
			i++
			continue
		}
		code, err := strconv.ParseUint(digits, base, 32)
		if err != nil || code > utf8.MaxRune || code >= 0xd800 && code < 0xe000 {
			return "", failf(`the escape \%s in a string is no character`, digits)
		}
		b.WriteRune(rune(code))
		i += 1 + len(digits)
		if base == 16 {
			i++ // the x, u or U
		}
	}
	return b.String(), nil
}

// escapeDigits are the digits of the numeric escape that s, which follows a
// backslash, begins with; "" if it is none.
func escapeDigits(s string) (string, int) {
	width := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[0]]
	if width > 0 {
		for i := 1; i <= width; i++ {
			if i == len(s) || !strings.ContainsRune("0123456789abcdefABCDEF", rune(s[i])) {
				return "", 16
			}
		}
		return s[1 : 1+width], 16
	}
	n := 0
	for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
		n++
	}
	return s[:n], 8
}
