package chat

import (
	"math"
	"strconv"
	"strings"
)

func absFilter(_ *run, v any) (any, error) {
	switch n := number(v).(type) {
	case int64:
		return max(n, -n), nil
	case float64:
		return math.Abs(n), nil
	}
	return nil, failf("%s has no absolute value", describe(v))
}

// intFilter is a number's integer part, or what a string says; else the default.
func intFilter(_ *run, v any, a *args) (any, error) {
	opts, err := a.bind("int", "default", "base")
	if err != nil {
		return nil, err
	}
	otherwise := opts[0]
	if otherwise == absent {
		otherwise = int64(0)
	}
	if n, ok := wholeNumber(v); ok {
		return n, nil
	}
	if u, ok := v.(undefined); ok {
		return nil, failf("%s is undefined, so it is no number", u.what)
	}
	f, isFloat := v.(float64)
	if s, ok := text(v); ok {
		base := int64(10)
		if opts[1] != absent {
			if base, ok = wholeNumber(opts[1]); !ok || base < 0 || base == 1 || base > 36 {
				return nil, failf("the base of int is a number from 2 to 36")
			}
		}
		if n, ok := parseInt(s, int(base)); ok {
			return n, nil
		}
		f, isFloat = parseFloat(s)
	}
	switch {
	case !isFloat || math.IsNaN(f) || math.IsInf(f, 0):
		return otherwise, nil
	case math.Abs(f) >= 1<<63:
		return nil, failf("the integer %s is out of range", floatText(f))
	}
	return int64(f), nil
}

func floatFilter(_ *run, v any, a *args) (any, error) {
	opts, err := a.bind("float", "default")
	if err != nil {
		return nil, err
	}
	if u, ok := v.(undefined); ok {
		return nil, failf("%s is undefined, so it is no number", u.what)
	}
	f, ok := float(v)
	if s, isText := text(v); isText {
		f, ok = parseFloat(s)
	}
	switch {
	case ok:
		return f, nil
	case opts[0] == absent:
		return 0.0, nil
	}
	return opts[0], nil
}

// parseInt reads an integer as Python's int does: white space around it and single
// underscores between digits; with base 16, 8 or 2 also its prefix.
func parseInt(s string, base int) (int64, bool) {
	s = strings.TrimFunc(s, isSpace)
	sign := signAt(s, 0)
	digits := s[len(sign):]
	if prefix := map[int]string{16: "0x", 8: "0o", 2: "0b"}[base]; prefix != "" && len(digits) > 2 &&
		strings.EqualFold(digits[:2], prefix) {
		digits = digits[2:]
	}
	if signAt(digits, 0) != "" || strings.HasPrefix(digits, "_") || strings.HasSuffix(digits, "_") ||
		strings.Contains(digits, "__") {
		return 0, false
	}
	if base != 0 {
		digits = strings.ReplaceAll(digits, "_", "")
	}
	n, err := strconv.ParseInt(sign+digits, base, 64)
	return n, err == nil
}

// parseFloat reads a float as Python's float does: no hexadecimal ones.
func parseFloat(s string) (float64, bool) {
	s = strings.TrimFunc(s, isSpace)
	if strings.ContainsAny(s, "xXpP") || strings.HasPrefix(s, "_") || strings.HasSuffix(s, "_") ||
		strings.Contains(s, "__") {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	return f, err == nil || math.IsInf(f, 0)
}

// roundFilter rounds half to even, as Python does; ceil and floor give floats.
func roundFilter(_ *run, v any, a *args) (any, error) {
	opts, err := a.bind("round", "precision", "method")
	if err != nil {
		return nil, err
	}
	digits := int64(0)
	if opts[0] != absent {
		var ok bool
		if digits, ok = wholeNumber(opts[0]); !ok || digits < 0 || digits > 300 {
			return nil, failf("the precision of round is a number from 0 to 300")
		}
	}
	how := "common"
	if opts[1] != absent {
		how, _ = text(opts[1])
	}
	f, ok := float(v)
	if !ok {
		return nil, failf("%s can't be rounded", describe(v))
	}
	scale := math.Pow(10, float64(digits))
	switch how {
	case "ceil":
		return math.Ceil(f*scale) / scale, nil
	case "floor":
		return math.Floor(f*scale) / scale, nil
	case "common":
		if n, ok := wholeNumber(v); ok {
			return n, nil
		}
		// The decimal digits of f are exact, so this rounds as Python does.
		f, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', int(digits), 64), 64)
		return f, err
	}
	return nil, failf("round knows common, ceil and floor, not %s", scalar(opts[1]))
}
