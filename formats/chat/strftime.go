package chat

import (
	"fmt"
	"strings"
	"time"
)

// layouts are strftime's directives in the C locale, as Go's layouts.
var layouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'h': "Jan",
	'c': "Mon Jan _2 15:04:05 2006", 'd': "02", 'D': "01/02/06", 'e': "_2",
	'F': "2006-01-02", 'H': "15", 'I': "03", 'j': "002", 'm': "01", 'M': "04",
	'p': "PM", 'R': "15:04", 'S': "05", 'T': "15:04:05", 'x': "01/02/06",
	'X': "15:04:05", 'y': "06", 'Y': "2006",
}

func strftimeNow(r *run, a *args) (any, error) {
	v, err := a.bind("strftime_now", "format")
	if err != nil {
		return nil, err
	}
	format, ok := text(v[0])
	if !ok {
		return nil, failf("strftime_now needs a format")
	}
	if err := r.str(16 * len(format)); err != nil {
		return nil, err
	}
	return strftime(r.now, format)
}

func strftime(now time.Time, format string) (any, error) {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		i++
		unpadded := strings.HasPrefix(format[i:], "-") // glibc's
		if unpadded {
			i++
		}
		if i == len(format) {
			return nil, failf("strftime_now: the format ends within a directive")
		}
		text, err := directive(now, format[i])
		if err != nil {
			return nil, err
		}
		if short := strings.TrimLeft(text, "0 "); unpadded && short != "" {
			text = short
		} else if unpadded && text != "" {
			text = "0"
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func directive(now time.Time, letter byte) (string, error) {
	if layout, ok := layouts[letter]; ok {
		return now.Format(layout), nil
	}
	switch letter {
	case '%':
		return "%", nil
	case 'f':
		return fmt.Sprintf("%06d", now.Nanosecond()/1000), nil
	case 'z', 'Z': // transformers asks for a local time without a zone
		return "", nil
	case 'w':
		return fmt.Sprint(int(now.Weekday())), nil
	case 'n':
		return "\n", nil
	case 't':
		return "\t", nil
	}
	return "", failf("strftime_now does not support %%%c", letter)
}
