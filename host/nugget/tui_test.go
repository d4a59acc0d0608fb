package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/hint"
)

func TestErrorsAreOneLineAndAHint(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"plain", errors.New("a.json: is empty"), "nugget: a.json: is empty\n"},
		{"hint", hint.With(errors.New("no"), "do"), "nugget: no\nhint: do\n"},
		{"wrapped hint", fmt.Errorf("m: %w", hint.With(errors.New("no"), "do")), "nugget: m: no\nhint: do\n"},
		{"lines", errors.Join(errors.New("one"), errors.New("two")), "nugget: one; two\n"},
		{"escapes", errors.New("tensor \x1b[2Jx\r\u202e"), `nugget: tensor \x1b[2Jx\r\u202e` + "\n"},
		{"invalid UTF-8", errors.New("a\xffb"), "nugget: a\uFFFDb\n"},
		{"empty lines", errors.New("\na\n\n"), "nugget: a\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			newTerminal(&out).error(tt.err)
			if out.String() != tt.want {
				t.Errorf("got %q, want %q", out.String(), tt.want)
			}
		})
	}
}

func TestQuietAndVerbose(t *testing.T) {
	for _, tt := range []struct {
		quiet, verbose bool
		want           string
	}{
		{false, false, "nugget: warning: w\nnugget: m\n"},
		{true, false, "nugget: warning: w\n"},
		{false, true, "nugget: warning: w\nnugget: m\nnugget: d\n"},
	} {
		var out bytes.Buffer
		ui := newTerminal(&out)
		ui.quiet, ui.verbose = tt.quiet, tt.verbose
		ui.warning("w")
		ui.message("m")
		ui.detail("d")
		if out.String() != tt.want {
			t.Errorf("quiet %v, verbose %v: got %q, want %q", tt.quiet, tt.verbose, out.String(), tt.want)
		}
	}
}

func TestAMessageReplacesTheStatusLine(t *testing.T) {
	var out bytes.Buffer
	ui := newTerminal(&out)
	ui.setStatus("working")
	ui.message("done")
	ui.setStatus("again")
	ui.setStatus("")
	if want := "working" + erase + "nugget: done\nagain" + erase; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestColourMarksPrefixesOnly(t *testing.T) {
	var out bytes.Buffer
	ui := newTerminal(&out)
	ui.color = true
	ui.error(hint.With(errors.New("no"), "do"))
	if want := "\x1b[31mnugget:\x1b[0m no\n\x1b[36mhint:\x1b[0m do\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestAPanicIsAnErrorAfterEverythingHasCleanedUp(t *testing.T) {
	var out bytes.Buffer
	a := &app{ui: newTerminal(&out)}
	cleaned := false
	err := a.guarded(func() error {
		defer func() { cleaned = true }()
		panic("index out of range")
	})
	if code := a.exitCode(context.Background(), err); code != 1 || !cleaned {
		t.Errorf("code %d, cleaned up %v, want 1, true", code, cleaned)
	}
	lines := strings.Split(out.String(), "\n")
	if lines[0] != "nugget: internal error: index out of range" || !strings.HasPrefix(lines[1], "hint: this is a bug of nugget") {
		t.Errorf("got %q", lines[:2])
	}
	if !strings.Contains(out.String(), "tui_test.go") {
		t.Error("no stack")
	}
}
