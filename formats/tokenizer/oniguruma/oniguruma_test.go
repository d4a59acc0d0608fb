package oniguruma

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// golden is a line of testdata/matches.jsonl.gz.
type golden struct {
	Pattern string
	Texts   []string
	Spans   [][]int // start, end, start, ... of the matches that aren't empty
	Matches []int   // how many, empty ones included
}

// refused are the golden patterns that Oniguruma takes and this package says no
// to. Each would be a wrong match if it were guessed.
var refused = []string{"a quantifier on", "repeating what may match nothing", "looking behind more than", "(?i) on"}

func TestMatchesAreOnigurumas(t *testing.T) {
	f, err := os.Open("testdata/matches.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	tested, declined := 0, 0
	for lines.Scan() {
		var g golden
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		re, err := Compile(g.Pattern)
		if err != nil {
			if !slices.ContainsFunc(refused, func(s string) bool { return strings.Contains(err.Error(), s) }) {
				t.Error(err)
			}
			declined++
			continue
		}
		tested++
		for i, text := range g.Texts {
			checkMatches(t, re, text, g.Spans[i], g.Matches[i])
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if tested < 300 {
		t.Errorf("tested %d patterns, declined %d: too few tested", tested, declined)
	}
}

func checkMatches(t *testing.T, re *Regexp, text string, want []int, count int) {
	t.Helper()
	spans, err := re.FindAll(nil, text)
	if err != nil {
		t.Error(err)
		return
	}
	got := []int{}
	for _, s := range spans {
		if s.Start < s.End {
			got = append(got, s.Start, s.End)
		}
	}
	if !slices.Equal(got, want) || len(spans) != count {
		t.Errorf("%q on %q: got %v (%d matches), want %v (%d)", re.source, text, got, len(spans), want, count)
	}
}

func TestUnsupportedSyntaxIsNamed(t *testing.T) {
	for pattern, want := range map[string]string{
		`(a)\1`:              `\1 is not supported`,
		`\h`:                 `\h is not supported`,
		`[[:alpha:]]`:        "POSIX brackets",
		`(?m)a`:              "(?m is not supported",
		`\p{Klingon}`:        `\p{Klingon} is not supported`,
		`(?i)ss`:             "without regard to case",
		`(?i)é`:              `(?i) on 'é'`,
		`(a`:                 "a group has no end",
		`a)`:                 "unmatched )",
		`[a`:                 "a class has no end",
		`*a`:                 "nothing for * to repeat",
		`(?:a?)*`:            "repeating what may match nothing",
		`(?<=a+)b`:           "looking behind more than 255",
		`a{2000}`:            "more than 1000 repetitions",
		"\xff":               "not valid UTF-8",
		`a{9}{9}`:            "a quantifier on a quantifier",
		`((?:ab){999}){999}`: "too large",
	} {
		_, err := Compile(pattern)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", pattern, err, want)
		}
	}
}

func TestExponentialPatternIsStopped(t *testing.T) {
	re, err := Compile(`(?:(?:a|a)+)+b`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := re.FindAll(nil, strings.Repeat("a", 60)); err == nil {
		t.Error("no error")
	}
}

func FuzzCompile(f *testing.F) {
	for _, p := range []string{`\s+(?!\S)|[^\r\n\p{L}]?\p{L}+`, `(?<=a{1,3})[b-d&&[^c]]*?x++`, `(?i:'s|'t)|\x{1F600}`} {
		f.Add(p, "a 's\n\n b😀")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 100 || len(text) > 100 {
			return
		}
		re, err := Compile(pattern)
		if err != nil {
			return
		}
		spans, err := re.FindAll(nil, text)
		if err != nil {
			return
		}
		last := 0
		for _, s := range spans {
			if s.Start < last || s.End < s.Start || s.End > len(text) {
				t.Fatalf("%q on %q: bad spans %v", pattern, text, spans)
			}
			last = s.End
		}
	})
}
