package main

import "testing"

func TestStopper(t *testing.T) {
	for _, c := range []struct {
		stops, parts []string
		want         []string // each part's text, then the end's
		stopped      int      // the part that stops; -1: none
	}{
		{nil, []string{"a", "b"}, []string{"a", "b", ""}, -1},
		{[]string{"xy"}, []string{"ax", "b", "x"}, []string{"a", "xb", "", "x"}, -1},
		{[]string{"xy"}, []string{"ax", "yb"}, []string{"a", ""}, 1},
		{[]string{"\n\n", "Q:"}, []string{"a\n", "Q", ":"}, []string{"a", "\n", ""}, 2},
		{[]string{"b", "ab"}, []string{"cab"}, []string{"c"}, 0},
		{[]string{"aab"}, []string{"aaa", "b"}, []string{"a", ""}, 1},
	} {
		s := stopper{stops: c.stops}
		var got []string
		stopped := -1
		for i, part := range c.parts {
			text, now := s.next(part)
			got = append(got, text)
			if now {
				stopped = i
				break
			}
		}
		if stopped < 0 {
			got = append(got, s.end())
		}
		if stopped != c.stopped || len(got) != len(c.want) {
			t.Errorf("%q: %q, stopped at %d, want %q", c.parts, got, stopped, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%q: %q, want %q", c.parts, got, c.want)
			}
		}
	}
}
