package main

// This file implements the user interface of nugget. Its rules are:
//
//   - Results go to standard output, and nothing else does. With --json they are
//     JSON for programs; without it they are text for people, which may change.
//
//   - Everything else goes to standard error, a line each: what happened begins with
//     "nugget: ", what the reader can do about it with "hint: ". An error is one line
//     that states the fact: which file, line, tensor or flag, what was found and what
//     was expected. A hint follows only where there is something to do. No
//     capitalised initials, no period at the end.
//
//   - What goes wrong without ending the command begins with "nugget: warning: ".
//     --quiet leaves out everything but warnings and errors; --verbose adds the
//     backend in use, what plugins say, and in the end where the time went.
//
//   - Names and texts that come from files are shown with control characters escaped,
//     so that a model cannot write to the reader's terminal.
//
//   - Colour marks "nugget:" and "hint:" and nothing else. It is used on a terminal,
//     unless $NO_COLOR is set or $TERM is "dumb". Nothing is said by colour alone.
//
//   - On a terminal a long run shows one line at the bottom: phase, layer, a bar, the
//     time left, how many tokens go through a second and the memory in use; it is redrawn in place, and gone at the end.
//     Elsewhere the same is a line of its own, after five seconds for the first time,
//     then ever more seldom. --quiet shows neither.
//
//   - The exit code is 0 when everything was done, 1 when it failed, 2 when the
//     command was called wrongly, and 128 + the signal's number when a signal ended
//     it: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP.
//
// Nothing asks questions: a command does what its flags say or refuses.

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/term"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// terminal is where people are talked to. Its methods are safe for concurrent use.
type terminal struct {
	mu      sync.Mutex
	out     io.Writer
	fd      int // of a terminal; -1: out is none
	color   bool
	quiet   bool
	verbose bool
	status  string // what is on the screen's last line; "": nothing of ours
}

func newTerminal(out io.Writer) *terminal {
	t := &terminal{out: out, fd: -1}
	dumb := os.Getenv("TERM") == "dumb"
	if f, ok := out.(*os.File); ok && !dumb && term.IsTerminal(int(f.Fd())) {
		t.fd = int(f.Fd())
		t.color = os.Getenv("NO_COLOR") == ""
	}
	return t
}

const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
	plain  = "\x1b[0m"
	erase  = "\r\x1b[K"
)

// error says why the command ends.
func (t *terminal) error(err error) {
	t.line(red, "nugget:", err.Error())
	t.hint(hint.Of(err))
}

// hint says what can be done about what was just said; "": nothing.
func (t *terminal) hint(text string) {
	if text != "" {
		t.line(cyan, "hint:", text)
	}
}

// warning says what went wrong without ending the command.
func (t *terminal) warning(text string) { t.line(yellow, "nugget:", "warning: "+text) }

// message says what happened.
func (t *terminal) message(text string) {
	if !t.quiet {
		t.line("", "nugget:", text)
	}
}

// detail says what only --verbose wants to know.
func (t *terminal) detail(text string) {
	if t.verbose {
		t.line("", "nugget:", text)
	}
}

func (t *terminal) line(color, prefix, text string) {
	if t.color && color != "" {
		prefix = color + prefix + plain
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clear()
	fmt.Fprintf(t.out, "%s %s\n", prefix, oneLine(text))
}

// setStatus replaces the status line; "": there is none.
func (t *terminal) setStatus(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text == t.status {
		return
	}
	t.clear()
	io.WriteString(t.out, text)
	t.status = text
}

func (t *terminal) clear() {
	if t.status != "" {
		io.WriteString(t.out, erase)
		t.status = ""
	}
}

// width is the terminal's, in columns.
func (t *terminal) width() int {
	if w, _, err := term.GetSize(t.fd); err == nil && w > 0 {
		return w
	}
	return 80
}

// oneLine makes text one line that is safe to show.
func oneLine(text string) string {
	var parts []string
	for part := range strings.Lines(text) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, printable(part))
		}
	}
	return strings.Join(parts, "; ")
}

// printable escapes what would do something to a terminal instead of being seen.
func printable(text string) string { return escaped(text, "") }

// printableText is printable for text of several lines, in which emoji may be joined.
func printableText(text string) string { return escaped(text, "\n\t\u200c\u200d") }

// escaped escapes what is not seen, but for some characters.
func escaped(text, but string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		if (unicode.IsControl(r) || unicode.In(r, unicode.Cf)) && !strings.ContainsRune(but, r) {
			b.WriteString(strings.Trim(fmt.Sprintf("%q", r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
