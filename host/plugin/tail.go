package plugin

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"unicode"
)

const (
	maxLine  = 1 << 10 // what is kept of a line
	maxTail  = 8 << 10 // what is kept of a plugin's output
	maxQuote = 160     // what an error quotes of a line
)

// tail keeps the last lines that a plugin printed, however much that was.
type tail struct {
	log func(line string) // gets every line

	mu    sync.Mutex
	lines []string
	size  int
	panic string // the first line of a Go panic, whose stack may be longer than the tail
}

// add takes a line in.
func (t *tail) add(line []byte) {
	text := printable(unwrap(line))
	if text == "" {
		return
	}
	t.log(text)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.panic == "" && (strings.HasPrefix(text, "panic: ") || strings.HasPrefix(text, "fatal error: ")) {
		t.panic = text
	}
	t.lines = append(t.lines, text)
	t.size += len(text)
	for t.size > maxTail {
		t.size -= len(t.lines[0])
		t.lines = t.lines[1:]
	}
}

// words are a plugin's last words, in one line; "": it said none.
func (t *tail) words() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.panic != "" {
		return clip(t.panic, 3*maxQuote)
	}
	var last []string
	for _, line := range t.lines[max(0, len(t.lines)-3):] {
		last = append(last, clip(line, maxQuote))
	}
	return strings.Join(last, " | ")
}

// unwrap takes the message out of a line of hclog's JSON, which go-plugin's servers
// print unless told otherwise; its debugging is left out. A line that only looks
// like it stays as it is.
func unwrap(line []byte) []byte {
	if !bytes.HasPrefix(line, []byte("{")) {
		return line
	}
	var entry map[string]any
	if json.Unmarshal(line, &entry) != nil {
		return line
	}
	message, ok := entry["@message"].(string)
	if !ok {
		return line
	}
	switch entry["@level"] {
	case "trace", "debug":
		return nil
	}
	if err, ok := entry["error"].(string); ok {
		message += ": " + err
	}
	return []byte(message)
}

// printable is text as it may go to a terminal: without control characters and
// invalid UTF-8.
func printable(text []byte) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return unicode.ReplacementChar
	}, strings.TrimRight(string(text), "\r\n \t"))
}

// lines is a writer that cuts one stream of a plugin's into lines for its tail. It
// never fails.
type lines struct {
	tail *tail
	mu   sync.Mutex
	part []byte // of a line whose end has not come
	cut  bool   // part is full, the rest of the line is dropped
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := p; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		rest = after
		if room := maxLine - len(l.part); len(line) > room {
			line, l.cut = line[:room], true
		}
		l.part = append(l.part, line...)
		if whole {
			l.end()
		}
	}
	return len(p), nil
}

// Close takes in a last line without an end.
func (l *lines) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
	return nil
}

func (l *lines) end() {
	if l.cut {
		l.part = append(l.part, "..."...)
	}
	l.tail.add(l.part)
	l.part, l.cut = l.part[:0], false
}
