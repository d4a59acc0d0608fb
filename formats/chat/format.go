package chat

import (
	"fmt"
	"strconv"
	"strings"
)

// format is str.format, with fields such as {}, {0}, {name} and {a.b[c]}, but without
// conversions and format specifications.
func format(r *run, s string, a *args) (any, error) {
	w := &output{run: r}
	auto := int64(0)
	for s != "" {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			i = len(s)
		}
		if err := w.write(s[:i]); err != nil {
			return nil, err
		}
		if s = s[i:]; s == "" {
			break
		}
		if len(s) > 1 && s[1] == s[0] { // {{ or }}
			if err := w.write(s[:1]); err != nil {
				return nil, err
			}
			s = s[2:]
			continue
		}
		end := strings.IndexByte(s, '}')
		if s[0] == '}' || end < 0 {
			return nil, failf("a single %c in the text to format", s[0])
		}
		v, err := field(r, s[1:end], a, &auto)
		if err != nil {
			return nil, err
		}
		text, err := str(r, v)
		if err != nil {
			return nil, err
		}
		if err := w.write(text); err != nil {
			return nil, err
		}
		s = s[end+1:]
	}
	return w.String(), nil
}

// field is the value of one {field}.
func field(r *run, name string, a *args, auto *int64) (any, error) {
	if strings.ContainsAny(name, "!:{") {
		return nil, failf("str.format with {%s} is not supported", name)
	}
	n := strings.IndexAny(name, ".[")
	if n < 0 {
		n = len(name)
	}
	first, rest := name[:n], name[n:]
	if first == "" {
		first = strconv.FormatInt(*auto, 10)
		*auto++
	}
	v := any(nil)
	if i, err := strconv.Atoi(first); err == nil {
		if i < 0 || i >= len(a.pos) {
			return nil, failf("str.format has no argument %d", i)
		}
		v = a.pos[i]
	} else {
		i := len(a.named) - 1
		for i >= 0 && a.named[i].name != first {
			i--
		}
		if i < 0 {
			return nil, failf("str.format has no argument %q", first)
		}
		v = a.named[i].value
	}
	for rest != "" {
		var key any
		if rest[0] == '.' {
			n := strings.IndexAny(rest[1:], ".[") + 1
			if n == 0 {
				n = len(rest)
			}
			key, rest = rest[1:n], rest[n:]
		} else {
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return nil, failf("str.format: a [ is not closed")
			}
			key, rest = rest[1:end], rest[end+1:]
			if i, err := strconv.ParseInt(key.(string), 10, 64); err == nil {
				key = i
			}
		}
		var err error
		if v, err = item(r, v, key); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// percent is s % value: %s, %r, %d, %i, %f, %e, %x, %o and %%, with flags, width and
// precision.
func percent(r *run, s string, value any) (any, error) {
	values := []any{value}
	named, _ := value.(*dict)
	if l, ok := value.(*list); ok && l.kind == aTuple {
		values = l.items
	}
	w := &output{run: r}
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			break
		}
		if err := w.write(s[:i]); err != nil {
			return nil, err
		}
		s = s[i+1:]
		var v any
		keyed := false
		if named != nil && strings.HasPrefix(s, "(") {
			end := strings.IndexByte(s, ')')
			if end < 0 {
				return nil, failf("a %%( is not closed")
			}
			found, ok := named.get(s[1:end])
			if !ok {
				return nil, failf("there is no key %q to format", s[1:end])
			}
			v, keyed, s = found, true, s[end+1:]
		}
		n := strings.IndexFunc(s, func(c rune) bool { return !strings.ContainsRune("0123456789.-+ #", c) })
		if n < 0 || n > 8 {
			return nil, failf("an incomplete %% in the text to format")
		}
		verb, flags := s[n], s[:n]
		s = s[n+1:]
		if verb == '%' {
			if err := w.write("%"); err != nil {
				return nil, err
			}
			continue
		}
		if !keyed {
			if len(values) == 0 {
				return nil, failf("there are fewer values than %% signs")
			}
			v, values = values[0], values[1:]
		}
		text, err := verbText(r, flags, verb, v)
		if err != nil {
			return nil, err
		}
		if err := w.write(text); err != nil {
			return nil, err
		}
	}
	if len(values) > 0 && named == nil {
		return nil, failf("there are more values than %% signs")
	}
	err := w.write(s)
	return w.String(), err
}

// verbText is one value formatted. Go's flags are C's, as Python's are.
func verbText(r *run, flags string, verb byte, v any) (string, error) {
	for _, part := range strings.FieldsFunc(flags, func(c rune) bool { return c < '0' || c > '9' }) {
		if len(part) > 4 {
			return "", failf("the width %s is too large", part)
		}
	}
	switch verb {
	case 's', 'r':
		print := str
		if verb == 'r' {
			print = repr
		}
		s, err := print(r, v)
		return fmt.Sprintf("%"+strings.TrimLeft(flags, "0")+"s", s), err
	case 'd', 'i', 'u':
		if f, ok := v.(float64); ok {
			v = int64(f)
		}
		if n, ok := wholeNumber(v); ok {
			return fmt.Sprintf("%"+flags+"d", n), nil
		}
	case 'x', 'X', 'o':
		if n, ok := wholeNumber(v); ok {
			return fmt.Sprintf("%"+flags+string(verb), n), nil
		}
	case 'f', 'F', 'e', 'E':
		if f, ok := float(v); ok {
			return fmt.Sprintf("%"+flags+string(verb), f), nil
		}
	default:
		return "", failf("formatting with %%%c is not supported", verb)
	}
	return "", failf("%%%c can't format %s", verb, describe(v))
}
