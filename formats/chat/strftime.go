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

// unpadded are the directives that glibc writes without padding after a "-".
var unpadded = map[byte]string{'d': "2", 'e': "2", 'm': "1", 'I': "3", 'M': "4", 'S': "5"}

func strftimeNow(r *run, a *args) (any, error) {
	v, err := a.bind("strftime_now", "format")
	if err != nil {
		return nil, err
	}
	layout, ok := text(v[0])
	if !ok {
		return nil, failf("strftime_now needs a format")
	}
	if err := r.str(16 * len(layout)); err != nil {
		return nil, err
	}
	return strftime(r.now, layout)
}

func strftime(now time.Time, layout string) (any, error) {
	var b strings.Builder
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' {
			b.WriteByte(layout[i])
			continue
		}
		known := layouts
		if i++; i < len(layout) && layout[i] == '-' {
			known = unpadded
			i++
		}
		if i == len(layout) {
			return nil, failf("strftime_now: the format ends within a directive")
		}
		if text, ok := known[layout[i]]; ok {
			b.WriteString(now.Format(text))
			continue
		}
		switch layout[i] {
		case '%':
			b.WriteByte('%')
		case 'f':
			fmt.Fprintf(&b, "%06d", now.Nanosecond()/1000)
		case 'z', 'Z': // transformers asks for a local time without a zone
		case 'w':
			fmt.Fprint(&b, int(now.Weekday()))
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		default:
			return nil, failf("strftime_now does not support %%%c", layout[i])
		}
	}
	return b.String(), nil
}
