package main

import (
	"slices"
	"strings"
	"testing"
)

func TestComplete(t *testing.T) {
	cli := commandLine()
	cli.Setup()
	for _, tt := range []struct{ line, want string }{
		{"tra", "transfer train"},
		{"plugins ", "list check new"},
		{"backends install ", "cpu cuda"},
		{"backends install c", "cpu cuda"},
		{"help ver", "verify version"},
		{"completion z", "zsh"},
		{"transfer --sta", "--start"},
		{"transfer --start ", "plain paper"},
		{"transfer --start p", "plain paper"},
		{"transfer --start=pl", "--start=plain"},
		{"transfer --start = pl", "plain"}, // as bash cuts it
		{"transfer --start =", "plain paper"},
		{"transfer -start pl", "plain"},
		{"transfer --json --js", ""}, // is there already
		{"transfer --start paper --st", "--student --structure"},
		{"transfer --plugin a --plu", "--plugin"},                            // may be repeated
		{"transfer --teacher --start --st", "--student --start --structure"}, // --start is the teacher
		{"transfer --rank ", ""},
		{"eval --backend x", "xla"},
		{"transfer --teacher mod", ""}, // files are the shell's
		{"inspect ", ""},
		{"inspect model --js", ""}, // flags go before arguments
		{"plugins check --quiet --ver", "--verbose"},
		{"--he", "--help"},
		{"nonsense --", ""},
		{"__comp", ""},
	} {
		var got []string
		for _, c := range complete(cli, strings.Split(tt.line, " ")) {
			got = append(got, c.word)
		}
		if !slices.Equal(got, strings.Fields(tt.want)) {
			t.Errorf("%q: %q, want %q", tt.line, got, tt.want)
		}
	}
	if all := complete(cli, nil); len(all) < 15 || all[0].word != "transfer" || all[0].says == "" {
		t.Errorf("with nothing typed: %v", all)
	}
}
