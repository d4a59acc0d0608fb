package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// stringMethod is a method of a Python string, or nil.
func stringMethod(s, name string) func(r *run, a *args) (any, error) {
	if f := changers[name]; f != nil {
		return func(r *run, a *args) (any, error) {
			if _, err := a.bind("str." + name); err != nil {
				return nil, err
			}
			if err := r.spend(stepWork * len(s)); err != nil {
				return nil, err
			}
			return f(s), r.str(3 * len(s)) // a character can become three
		}
	}
	if f := argMethod(name); f != nil {
		return func(r *run, a *args) (any, error) {
			if err := r.spend(len(s)); err != nil {
				return nil, err
			}
			return f(r, s, a)
		}
	}
	return nil
}

// changers are the methods without arguments.
var changers = map[string]func(s string) any{
	"upper":      func(s string) any { return upper(s) },
	"lower":      func(s string) any { return lower(s) },
	"capitalize": func(s string) any { return capitalize(s) },
	"title":      func(s string) any { return title(s) },
	"isdigit":    every(unicode.IsDigit),
	"isalpha":    every(unicode.IsLetter),
	"isalnum":    every(func(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) }),
	"isspace":    every(isSpace),
	"isupper":    func(s string) any { return cased(s, unicode.IsUpper, unicode.IsLower) },
	"islower":    func(s string) any { return cased(s, unicode.IsLower, unicode.IsUpper) },
}

// upper and lower map as Python does, with the mappings that change the length.
func upper(s string) string { return cases.Upper(language.Und).String(s) }
func lower(s string) string { return cases.Lower(language.Und).String(s) }

// capitalize is the first character in title case and the rest in lower case.
func capitalize(s string) string {
	c, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return titleCase(c) + lower(s)[len(lower(s[:n])):]
}

// titleCase is c at the beginning of a word.
func titleCase(c rune) string {
	return cases.Title(language.Und, cases.NoLower).String(string(c))
}

// title begins each run of letters with a capital.
func title(s string) string {
	var b strings.Builder
	inWord := false
	for _, c := range s {
		if inWord {
			b.WriteString(lower(string(c)))
		} else {
			b.WriteString(titleCase(c))
		}
		inWord = unicode.IsLetter(c)
	}
	return b.String()
}

func every(is func(rune) bool) func(s string) any {
	return func(s string) any {
		for _, c := range s {
			if !is(c) {
				return false
			}
		}
		return s != ""
	}
}

// cased reports whether s has characters of one case and none of the other.
func cased(s string, want, other func(rune) bool) bool {
	return strings.ContainsFunc(s, want) && !strings.ContainsFunc(s, other)
}

// lines are the lines of s by Python's idea of a line end, which they keep or not.
func lines(s string, ends bool) []any {
	var out []any
	start := 0
	for i, c := range s {
		if i < start || !isLineEnd(c) {
			continue
		}
		next := i + utf8.RuneLen(c)
		if c == '\r' && strings.HasPrefix(s[next:], "\n") {
			next++
		}
		end := i
		if ends {
			end = next
		}
		out = append(out, s[start:end])
		start = next
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

func isLineEnd(c rune) bool {
	return c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029
}

// escape replaces the characters that mean something to HTML.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", ">", "&gt;", "<", "&lt;", "'", "&#39;", `"`, "&#34;").Replace(s)
}
