package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

func TestStatusLine(t *testing.T) {
	half := engine.Progress{Phase: "backward", Layer: 11, Layers: 30, Share: 0.5}
	for _, tt := range []struct {
		name    string
		p       engine.Progress
		elapsed time.Duration
		width   int
		want    string
	}{
		{"wide", half, 83 * time.Second, 100,
			"backward, layer 12 of 30  [####################--------------------]  50%  1:20 left  812 MiB"},
		{"throughput", engine.Progress{Phase: "backward", Layer: 11, Layers: 30, Share: 0.5, Tokens: 5000}, 50 * time.Second, 100,
			"backward, layer 12 of 30  [################-----------------]  50%  0:50 left  50 tokens/s  812 MiB"},
		{"gone on from half way", engine.Progress{Phase: "backward", Layer: 11, Layers: 30, Share: 0.75, Skipped: 0.5, Tokens: 5000}, 25 * time.Second, 79,
			"backward, layer 12 of 30  [##################-------]  75%  0:25 left  812 MiB"},
		{"narrow", half, 40 * time.Second, 64, "backward, layer 12 of 30  [#####-----]  50%  0:40 left  812 MiB"},
		{"no room for a bar", half, 40 * time.Second, 50, "backward, layer 12 of 30    50%  0:40 left  812 M"},
		{"too early to tell", engine.Progress{Phase: "head", Layer: arch.Outside, Layers: 30}, time.Second, 70,
			"head                      [---------------------------]   0%  812 MiB"},
		{"an hour", engine.Progress{Phase: "forward", Layers: 2, Share: 0.5}, 2 * time.Hour, 60,
			"forward, layer 1 of 2       50%  2:00:00 left  812 MiB"},
		{"no terminal's width", half, time.Minute, 1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := statusLine(tt.p, tt.elapsed, 812<<20, tt.width)
			if len(got) >= tt.width && tt.width > 1 {
				t.Errorf("%d columns of %d", len(got), tt.width)
			}
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestPlainLinesBecomeSeldom(t *testing.T) {
	var out bytes.Buffer
	p := &progress{ui: newTerminal(&out), memory: func() uint64 { return 1 << 30 }, next: firstLine, step: firstLine}
	p.show(time.Minute)
	if out.Len() > 0 {
		t.Errorf("%q before anything was done", out.String())
	}
	for s := range 3600 {
		p.report(engine.Progress{Phase: "forward", Layer: 0, Layers: 4, Share: float64(s) / 3600})
		p.show(time.Duration(s) * time.Second)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) < 8 || len(lines) > 20 {
		t.Errorf("%d lines in an hour", len(lines))
	}
	if want := "nugget: forward, layer 1 of 4, 0% done, 1.0 GiB"; lines[0] != want {
		t.Errorf("first %q, want %q", lines[0], want)
	}
	if want := "nugget: forward, layer 1 of 4, 2% done, about 58:50 left, 1.0 GiB"; lines[3] != want {
		t.Errorf("fourth %q, want %q", lines[3], want)
	}
}

func TestQuietShowsNoProgress(t *testing.T) {
	var out bytes.Buffer
	p := &progress{ui: newTerminal(&out), memory: resident, began: true}
	p.ui.quiet = true
	p.show(time.Hour)
	if out.Len() > 0 {
		t.Errorf("got %q", out.String())
	}
}

func TestResidentMemory(t *testing.T) {
	if n := resident(); n < 1<<20 || n > 1<<40 {
		t.Errorf("%d bytes", n)
	}
}
