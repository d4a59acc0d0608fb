package ucd

import "testing"

// The sizes are those that `tokenizers` 0.23.3 shows, code point by code point.
func TestSetsHaveTheSizesThatTokenizersShows(t *testing.T) {
	for name, c := range map[string]struct {
		set  Set
		want int
	}{
		"L":           {Category("L"), 141028},
		"N":           {Category("N"), 1911},
		"Nd":          {Category("Nd"), 760},
		"M":           {Category("M"), 2501},
		"P":           {Category("P"), 855},
		"S":           {Category("S"), 8514},
		"Space":       {Space(), 25},
		"Word":        {Word(), 144671},
		"RustWord":    {RustWord(), 144667},
		"Numeric":     {Numeric(), 1924},
		"Punctuation": {Punctuation(), 726},
		"Accents":     {Accents(), 2097},
		"Han":         {Script("Han"), 99030},
		"Hiragana":    {Script("Hiragana"), 381},
		"Katakana":    {Script("Katakana"), 321},
		"Hangul":      {Script("Hangul"), 11739},
		"unknown":     {Category("Xx"), 0},
	} {
		got := 0
		for _, r := range c.set {
			got += int(r.Hi - r.Lo + 1)
		}
		if got != c.want {
			t.Errorf("%s has %d code points, want %d", name, got, c.want)
		}
	}
}

func TestSetOperations(t *testing.T) {
	a := Of(Range{'a', 'f'}, Range{'c', 'h'}, Range{'z', 'z'})
	b := Of(Range{'f', 'm'})
	for _, c := range []struct {
		name string
		set  Set
		in   string
		out  string
	}{
		{"union", a.Union(b), "acfhmz", "ny`"},
		{"intersection", a.Intersect(b), "fgh", "aeimz"},
		{"inverse", a.Invert(), "imy\x00\U0010FFFF", "ahz"},
		{"twice inverted", a.Invert().Invert(), "ahz", "i\x00"},
	} {
		for _, r := range c.in {
			if !c.set.Contains(r) {
				t.Errorf("%s lacks %q", c.name, r)
			}
		}
		for _, r := range c.out {
			if c.set.Contains(r) {
				t.Errorf("%s has %q", c.name, r)
			}
		}
	}
}

func TestLowerIsRusts(t *testing.T) {
	for in, want := range map[string]string{
		"ÀΣΣ": "àσσ", "İ": "i̇", "ẞ": "ß", "\u1c89": "\u1c8a", "\ua7dc": "\u019b", "\U00010D65": "\U00010D85", "": "",
	} {
		if got := Lower(in); got != want {
			t.Errorf("Lower(%q) = %q, want %q", in, got, want)
		}
	}
}
