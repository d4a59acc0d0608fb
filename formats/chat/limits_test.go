package chat

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// A hostile template gets an error that names a line, within seconds, and never
// takes the program with it.
func TestHostileTemplates(t *testing.T) {
	deep := func(open, end string) string {
		return "{{ " + strings.Repeat(open, 100_000) + "1" + strings.Repeat(end, 100_000) + " }}"
	}
	for name, c := range map[string]struct{ source, want string }{
		"endless recursion": {"{% macro f() %}{{ f() }}{% endmacro %}\n{{ f() }}", "chat template line 1: macros call one another deeper than 60"},
		"two macros":        {"{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}", "deeper than 60"},
		"caller":            {"{% macro f() %}{% call f() %}{{ caller() }}{% endcall %}{% endmacro %}{{ f() }}", "deeper than 60"},
		"nested loops":      {strings.Repeat("{% for x in range(100000) %}", 5) + strings.Repeat("{% endfor %}", 5), "too much work"},
		"empty loops":       {"{% for x in range(100000) %}{% for y in range(100000) %}{% endfor %}{% endfor %}", "too much work"},
		"exponential macro": {"{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(50) }}", "too much work"},
		"doubling text":     {"{% set ns = namespace(s='x') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "longer than 16 MB"},
		"doubling list":     {"{% set ns = namespace(s=[1]) %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "too much work"},
		"nesting list":      {"{% set ns = namespace(s=[1]) %}{% for i in range(100000) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s }}", "nested deeper than 200"},
		"nesting, compared": {"{% set a = namespace(s=[1]) %}{% set b = namespace(s=[1]) %}{% for i in range(10000) %}{% set a.s = [a.s] %}{% set b.s = [b.s] %}{% endfor %}{{ a.s == b.s }}{{ a.s < b.s }}", "nested deeper than 200"},
		"nesting as JSON":   {"{% set ns = namespace(s=[1]) %}{% for i in range(10000) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s | tojson }}", "nested deeper than 200"},
		"doubling nest":     {"{% set ns = namespace(s=['xxxxxxxx']) %}{% for i in range(150) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}", "longer than 16 MB"},
		"doubling compare":  {"{% set a = namespace(s=[1], t=[1]) %}{% for i in range(150) %}{% set a.s = [a.s, a.s] %}{% set a.t = [a.t, a.t] %}{% endfor %}{{ a.s == a.t }}", "too much work"},
		"wide repeat":       {"{{ 'x' * 99999999999 }}", "longer than 16 MB"},
		"wide list":         {"{{ [1] * 99999999999 }}", "longer than 16 MB"},
		"repeated nothing":  {"{{ ([] * 9223372036854775807) | length }}{{ ('' * 9223372036854775807) | length }}{{ raise_exception('fine') }}", "fine"},
		"wide range":        {"{{ range(1000000000) | list }}", "a range has more than 100000 numbers"},
		"wide replace":      {"{{ ('x' * 100000).replace('', 'y' * 100000) }}", "longer than 16 MB"},
		"wide join":         {"{{ ('y' * 100000).join('x' * 100000) }}", "longer than 16 MB"},
		"wide indent":       {"{{ ('\\n' * 1000000) | indent(1000, blank=true) }}", "longer than 16 MB"},
		"wide JSON indent":  {"{{ ([1] * 100000) | tojson(indent='x' * 100000) }}", "longer than 16 MB"},
		"large integers":    {"{{ 9 ** 9 ** 9 }}", "out of range"},
		"long text":         {"{% for x in range(100000) %}{{ 'x' * 1000 }}{% endfor %}", "longer than 16 MB"},
		"letters":           {"{% set s = 'aé' * 100000 %}{% for i in range(100000) %}{% set t = s.title() | upper | lower | capitalize | title %}{% endfor %}", "too much work"},
		"white space":       {"{% set s = 'a ' * 4000000 %}{% for i in range(100000) %}{% set t = s.split() %}{% endfor %}", "too much work"},
		"finding":           {"{% set s = 'a' * 4000000 %}{% for i in range(100000) %}{% set t = s.find('b', 1) %}{% endfor %}", "too much work"},
		"indexing":          {"{% set s = 'a' * 4000000 %}{% for i in range(100000) %}{% set t = s[i] %}{% endfor %}", "too much work"},
		"measuring":         {"{% set s = 'a' * 10000000 %}{% for i in range(100000) %}{% set t = s | length %}{% endfor %}", "too much work"},
		"sorting":           {"{% for i in range(100000) %}{% set t = range(100000) | sort(reverse=true) | list %}{% endfor %}", "too much work"},
		"escaping":          {"{% set s = '&' * 1000000 %}{% for i in range(100000) %}{% set t = s | e %}{% endfor %}", "too much work"},
		"parentheses":       {deep("(", ")"), "nested deeper than 100"},
		"brackets":          {deep("[", "]"), "nested deeper than 100"},
		"dicts":             {deep("{1:", "}"), "nested deeper than 100"},
		"not":               {deep("not ", ""), "nested deeper than 100"},
		"signs":             {deep("-", ""), "nested deeper than 100"},
		"calls":             {deep("f(", ")"), "nested deeper than 100"},
		"inline if":         {"{{ " + strings.Repeat("1 if 0 else ", 50_000) + " 1 }}", "nested deeper than 100"},
		"targets":           {"{% set " + strings.Repeat("(", 100_000) + "x" + strings.Repeat(")", 100_000) + "= 1 %}", "nested deeper than 100"},
		"tests":             {deep("1 is in [", "]"), "nested deeper than 100"},
		"blocks":            {strings.Repeat("{% if 1 %}", 100_000), "nested deeper than 100"},
		"sum":               {"{{ 1" + strings.Repeat("+1", 200_000) + " }}", "more than 1000 operators in a row"},
		"or":                {"{{ 1" + strings.Repeat(" or 1", 100_000) + " }}", "more than 1000 operators in a row"},
		"attributes":        {"{{ x" + strings.Repeat(".x", 200_000) + " }}", "more than 1000 operators in a row"},
		"filters":           {"{{ x" + strings.Repeat("|e", 200_000) + " }}", "more than 1000 operators in a row"},
		"filter block":      {"{% filter e" + strings.Repeat("|e", 200_000) + " %}", "more than 1000 operators in a row"},
		"long source":       {strings.Repeat("x", 2<<20), "more than 1048576"},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			parsed, err := Parse(c.source)
			if err == nil {
				// A fraction of the real limit, so that the test takes no minute.
				_, err = parsed.render(newList(), Options{}, workLimit/4)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v", took)
			} else {
				t.Log(took)
			}
		})
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"a\n{{ x.y }}", "chat template line 2: 'x' is undefined, so it has no attribute \"y\""},
		{"a\r\n\r\n{% if x %}\n{{ 'a' + 1 }}\n{% endif %}{{ 'a'\n\n+ 1 }}", "chat template line 5: no + between a str and a int"},
		{"{{ 1\n\n+\n'a' }}", "chat template line 1: no + between a int and a str"},
		{"\n{% for x in [1] %}\n{{ x.y.z }}\n{% endfor %}", "chat template line 3: the attribute 'y' of a int is undefined, so it has no attribute \"z\""},
		{"{% macro f() %}\n{{ x.y }}\n{% endmacro %}\n\n{{ f() }}", "chat template line 2: 'x' is undefined, so it has no attribute \"y\""},
		{"\n\n{% if %}", "chat template line 3: expected an expression, found %}"},
		{"\n{% for x in y %}\n\n", "chat template line 2: the block that begins here has no endfor"},
		{"\n{% nothing %}", "chat template line 2: unknown tag nothing"},
		{"\n{# a\n\n", "chat template line 2: the comment has no end"},
		{"\n{{ 'a\n", "chat template line 2: the string has no end"},
		{"\n{{ x | nothing }}", "chat template line 2: there is no filter named nothing"},
		{"\n{{ x is nothing }}", "chat template line 2: there is no test named nothing"},
		{"\n{% for x in [1] %}\n{% endif %}", "chat template line 3: unknown tag endif"},
		{"{{ messages[0].content.nothing() }}", "chat template line 1: the attribute 'nothing' of a str is undefined and can't be called"},
		{"{{ messages.append(1) }}", "chat template line 1: the unsafe method 'append' of a list is undefined and can't be called"},
		{"\xff", "chat template: it is not valid UTF-8"},
	} {
		parsed, err := Parse(c.source)
		if err == nil {
			_, err = parsed.Render([]Message{{"user", "hi"}}, Options{})
		}
		var at *Error
		if err == nil || err.Error() != c.want || !errors.As(err, &at) || at.Hint() == "" {
			t.Errorf("%q:\ngot  %v\nwant %s", c.source, err, c.want)
		}
	}
}
