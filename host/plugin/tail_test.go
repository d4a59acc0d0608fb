package plugin

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// printed gives what lines and words are left of a plugin's output.
func printed(chunks ...string) (log []string, words string) {
	t := &tail{log: func(line string) { log = append(log, line) }}
	l := &lines{tail: t}
	for _, c := range chunks {
		l.Write([]byte(c))
	}
	l.Close()
	return log, t.words()
}

func TestLastWords(t *testing.T) {
	tests := []struct {
		name   string
		chunks []string
		want   string
	}{
		{"nothing", nil, ""},
		{"empty lines", []string{"\n\n \n\t\r\n"}, ""},
		{"one line", []string{"hello\n"}, "hello"},
		{"without an end", []string{"hello\nwor", "ld"}, "hello | world"},
		{"the last three", []string{"a\nb\nc\n", "d\r\n"}, "b | c | d"},
		{"control characters", []string{"\x1b[31mred\x00\x07\n"}, "\uFFFD[31mred\uFFFD\uFFFD"},
		{"invalid UTF-8", []string{"a\xff\xfeb\n"}, "a\uFFFD\uFFFDb"},
		{"a change of direction", []string{"a\u202eb\n"}, "a\uFFFDb"},
		{"long line", []string{strings.Repeat("é", 100000)}, strings.Repeat("é", maxQuote/2) + "..."},
		{"panic", []string{"going\npanic: no\n\ngoroutine 1 [running]:\n", strings.Repeat("main.f()\n", 5000)}, "panic: no"},
		{"log of go-plugin", []string{
			`{"@level":"debug","@message":"plugin address","@module":"x","@timestamp":"2026-01-01T00:00:00.000000Z"}` + "\n" +
				`{"@level":"error","@message":"grpc server","error":"no socket"}` + "\n"}, "grpc server: no socket"},
		{"other JSON", []string{`{"@message":1}` + "\n" + `{"a":1}` + "\n"}, `{"@message":1} | {"a":1}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, got := printed(test.chunks...); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestTailIsBounded(t *testing.T) {
	tl := &tail{log: func(string) {}}
	l := &lines{tail: tl}
	line := []byte(strings.Repeat("x", 50) + "\n")
	for range 10000 {
		l.Write(line)
	}
	if tl.size > maxTail || len(tl.lines) > maxTail/50+1 {
		t.Errorf("%d bytes in %d lines", tl.size, len(tl.lines))
	}
}

func FuzzLines(f *testing.F) {
	f.Add("a\nb\n", 1)
	f.Add(`{"@message":1}`+"\n", 3)
	f.Add(strings.Repeat("x", 3000)+"\xff\n", 1000)
	f.Fuzz(func(t *testing.T, text string, at int) {
		at = max(0, min(at, len(text)))
		log, words := printed(text[:at], text[at:])
		for _, line := range append(log, words) {
			if !utf8.ValidString(line) || strings.ContainsAny(line, "\n\r\x1b\x00") {
				t.Errorf("line %q", line)
			}
			if len(line) > 3*(maxLine+10) { // a byte may become a replacement character
				t.Errorf("line of %d bytes", len(line))
			}
		}
		// How the text comes in pieces makes no difference.
		if _, whole := printed(text); whole != words {
			t.Errorf("in two pieces %q, in one %q", words, whole)
		}
	})
}
