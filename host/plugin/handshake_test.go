package plugin

import (
	"io"
	"strings"
	"testing"
)

func TestHandshakePassesOneLine(t *testing.T) {
	tests := []struct {
		name    string
		chunks  []string
		want    string // what go-plugin reads
		chatter string
	}{
		{"whole", []string{"1|1|unix|/s|grpc|\n"}, "1|1|unix|/s|grpc|\n", ""},
		{"in pieces", []string{"1|1|un", "ix|/s|grpc|", "\n", "more\n"}, "1|1|unix|/s|grpc|\n", "more"},
		{"with more", []string{"1|1|unix|/s|grpc\nhello\nthere"}, "1|1|unix|/s|grpc\n", "hello | there"},
		{"an empty line first", []string{"\n1|1|unix|/s|grpc\n"}, "\n", "1|1|unix|/s|grpc"},
		{"without an end", []string{"1|1|un"}, "1|1|un", ""},
		{"nothing", nil, "", ""},
		{"endless", []string{strings.Repeat("x", maxHandshake-1), "xy", "z"}, strings.Repeat("x", maxHandshake) + "\n", "z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tl := &tail{log: func(string) {}}
			chatter := &lines{tail: tl}
			gone := make(chan struct{})
			h := newHandshake(chatter, gone)
			read := make(chan string)
			go func() {
				got, err := io.ReadAll(h)
				if err != nil {
					t.Error(err)
				}
				read <- string(got)
			}()
			for _, c := range test.chunks {
				if n, err := h.Write([]byte(c)); n != len(c) || err != nil {
					t.Errorf("Write gave %d, %v", n, err)
				}
			}
			close(gone)
			if got := <-read; got != test.want {
				t.Errorf("read %q, want %q", got, test.want)
			}
			chatter.Close()
			if got := tl.words(); got != test.chatter {
				t.Errorf("chatter %q, want %q", got, test.chatter)
			}
		})
	}
}

func FuzzHandshakeFault(f *testing.F) {
	for _, line := range []string{
		"", "1|1|unix|/s|grpc|", "1|1|tcp|127.0.0.1:1|grpc|cert|true", "2|1|unix|/s|grpc",
		"1|9|unix|/s|grpc", "1|1|unix|/s", "hello", "|||", "1|\x1b[2J|unix|/s|grpc",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		h := newHandshake(io.Discard, nil)
		h.Write([]byte(line + "\n"))
		fault := h.fault()
		if len(fault) > 1000 || printable([]byte(fault)) != fault {
			t.Errorf("%q", fault)
		}
		if fault == "" && !strings.HasPrefix(strings.TrimSpace(h.line()), "1|1|") {
			// "01|1|..." is a one too, to go-plugin as to us.
			if core, _, _ := strings.Cut(strings.TrimSpace(h.line()), "|"); strings.Trim(core, "+01") != "" {
				t.Errorf("took %q", line)
			}
		}
	})
}
