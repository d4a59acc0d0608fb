// Package wellformed checks JSON from outside before it is read. encoding/json is
// lenient where others aren't: it turns bytes that aren't UTF-8, and escapes of half
// a character, into U+FFFD, so that a text silently becomes another.
package wellformed

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// JSON says where data stops being one value of JSON in UTF-8 (RFC 8259), without a
// byte order mark and without a lone surrogate. Offsets are in bytes, from 0.
func JSON(data []byte) error {
	if at := invalidUTF8(data); at >= 0 {
		return fmt.Errorf("byte %d: 0x%02X is not valid UTF-8", at, data[at])
	}
	var value json.RawMessage
	if err := json.Unmarshal(data, &value); err != nil {
		if s, ok := errors.AsType[*json.SyntaxError](err); ok {
			return fmt.Errorf("byte %d: %w", max(s.Offset-1, 0), err)
		}
		return err
	}
	if at := loneSurrogate(data); at >= 0 {
		return fmt.Errorf("byte %d: %s is half a character", at, data[at:at+6])
	}
	return nil
}

func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	at := 0
	for {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n == 1 {
			return at
		}
		at += n
	}
}

// loneSurrogate is the offset of the first escape \uD800 to \uDFFF that is no pair's
// part, or -1. In JSON a backslash only comes within strings.
func loneSurrogate(data []byte) int {
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		switch u := escaped(data[i:]); {
		case 0xD800 <= u && u <= 0xDBFF:
			if low := escaped(data[i+6:]); low < 0xDC00 || low > 0xDFFF {
				return i
			}
			i += 11
		case 0xDC00 <= u && u <= 0xDFFF:
			return i
		default:
			i++ // what is escaped may be a backslash
		}
	}
	return -1
}

// escaped is the value of the escape \uXXXX that data begins with, or -1.
func escaped(data []byte) int64 {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return -1
	}
	u, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return int64(u)
}
