//go:build unix

package plugin

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// Whatever a plugin does, the call ends within its deadline in a line that says so.
func TestHostilePlugins(t *testing.T) {
	soon := limits{start: time.Second, info: 15 * time.Second, describe: 15 * time.Second, stop: time.Second}
	later := limits{start: 15 * time.Second, info: time.Second, describe: time.Second, stop: time.Second}
	patient := limits{start: 15 * time.Second, info: 15 * time.Second, describe: 15 * time.Second, stop: time.Second}
	tests := []struct {
		name   string
		limits limits
		want   string // regular expression; "": it answers
	}{
		{"hang", soon, `did not start within 1s; its last words: "pid \d+: thinking"$`},
		{"exit", patient, `ended before its handshake \(exit status 3\); its last words: "the licence has run out"$`},
		{"mute", patient, `ended before its handshake \(exit status 0\)$`},
		{"panic", patient, `ended before its handshake \(exit status 2\); its last words: "panic: runtime error: invalid memory address or nil pointer dereference"$`},
		{"chatter", patient, `printed "Welcome to my plugin!.\[31m" on standard output, which belongs to the handshake`},
		{"no-line", patient, `printed "x{80}\.\.\." on standard output`},
		{"core-2", patient, `speaks version 2 of go-plugin's protocol, expected 1$`},
		{"net-rpc", patient, `does not speak gRPC$`},
		{"nowhere", patient, `cannot be reached: .*no such file or directory`},
		{"network", patient, `cannot be reached: unknown address type: home$`},
		{"version-9", patient, `speaks version 9 of the plugin protocol, expected 1`},
		{"deaf", later, `cannot be reached: connection error`},
		{"child", patient, `ended before its handshake \(exit status 5\); its last words: "pid \d+: left over"$`},
		{"flood", patient, ""},
		{"flood-die", patient, `\(exit status 1\); its last words: "water .* \| drowned"$`},
		{"long-line", patient, `\(exit status 1\); its last words: "abc abc [abc ]*\.\.\."$`},
		{"json", patient, ""},
		{"json-die", patient, `\(exit status 1\); its last words: "the tank is empty: no fuel \| .* \| odd, isn't it"$`},
		{"no-service", patient, `does not know Info`},
		{"hang-info", later, `did not answer Info within 1s$`},
		{"anonymous", patient, `gives no name$`},
		{"typeless", patient, `names no model type that it describes$`},
		{"control", patient, `gives a name that cannot be printed$`},
		{"hang-describe", later, `did not answer Describe within 1s; its last words: "pid \d+: thinking about it"$`},
		{"exit-describe", patient, `ended while it was asked to Describe \(exit status 4\); its last words: ".*cannot go on"$`},
		{"panic-describe", patient, `ended while it was asked to Describe \(exit status 2\); its last words: "panic: index out of everything"$`},
		{"killed", patient, `ended while it was asked to Describe \(signal: killed\)$`},
		{"stopped", later, `did not answer Describe within 1s$`},
		{"flood-describe", patient, ""},
		{"huge", patient, `sent an answer of more than 64 MiB$`},
		{"nothing", patient, `the description is empty$`},
		{"wrong", patient, `layer 2 runs block 7 of 1$`},
		{"refuse", patient, `config.json: hidden_act is "swish1"; expected "silu".\[2J$`},
		{"cycle", patient, `block "layer" step 1 \(combine\): in: value "b" is not set before this step; its last words: "describing a cycle"$`},
		{"unknown-value", patient, `in: value "nowhere" is not set before this step; its last words: "describing a unknown-value"$`},
		{"unknown-tensor", patient, `the checkpoint has no tensor "not.there.weight", expected one of shape \[4 4\]; its last words: "describing a unknown-tensor"$`},
		{"unknown-owner", patient, `tied to "nobody", which is no module; its last words: "describing a unknown-owner"$`},
		{"overflow", patient, `out is 4294967295, expected 1 to 268435456; its last words: "describing a overflow"$`},
		{"overflow-product", patient, `\[268435456, 268435456\] is more than \d+ entries; its last words: "describing a overflow-product"$`},
		{"layers", patient, `the description has 33554432 layers, expected 1 to 4096; its last words: "describing a layers"$`},
		{"index", patient, `layer 1 runs block 4294967295 of 1; its last words: "describing a index"$`},
		{"modules", patient, `the description has more than 524288 modules; its last words: "describing a modules"$`},
		{"nan", patient, `inv_freq\[1\] is NaN, expected a number of at least 0; its last words: "describing a nan"$`},
		{"nested", patient, `a step of this kind cannot stand here; its last words: "describing a nested"$`},
		{"too-deep", patient, `sent an answer that is no message of the contract; its last words: "describing a too-deep"$`},
		{"not-utf8", patient, `string field contains invalid UTF-8`},
		{"garbage", patient, `sent an answer that is no message of the contract$`},
		{"last-words", patient, `ended while it was asked to Describe \(exit status 4\); its last words: "that was all"$`},
		{"big-info", patient, `says too much of itself$`},
		{"other-program", patient, `ended before its handshake \(exit status 1\); its last words: "This binary is a plugin.*"$`},
		{"newer", patient, `the description uses a step of kind "convolution", which contract 1\.\d+ does not have \(the plugin speaks contract 1.99, nugget 1\.\d+\)$`},
		{"newer-field", patient, `uses field 200 of Linear, which contract 1\.\d+ does not have \(the plugin speaks contract 1.99, nugget 1\.\d+\)$`},
		{"newer-value", patient, `uses value 77 of Combine.kind, which contract 1\.\d+ does not have`},
		{"newer-wrong", patient, `layer 2 runs block 7 of 1 \(the plugin speaks contract 1.99, nugget 1\.\d+\)$`},
		{"newer-plain", patient, ""},
		{"older-plain", patient, ""},
		{"slow-end", patient, ""},
		{"good", patient, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := pluginFolder(t, test.name, "leftover")
			path := filepath.Join(dir, prefix+test.name)
			set := New(Options{Binaries: []string{path}})
			defer set.Close()
			set.limits = test.limits
			begin := time.Now()
			a, err := set.describe(t.Context(), wanted(test.name), request())
			took := time.Since(begin)
			if took > 12*time.Second {
				t.Errorf("took %v", took)
			}
			if left := strays(dir); len(left) > 0 {
				t.Errorf("processes left behind: %v", left)
			}
			if test.want == "" {
				if err != nil || len(a.Modules) != 4 {
					t.Fatalf("got %v, %v", a, err)
				}
				return
			}
			if err == nil {
				t.Fatal("no error")
			}
			line := err.Error()
			t.Logf("%v: %s (%s)", took, line, hint.Of(err))
			if !regexp.MustCompile(test.want).MatchString(line) {
				t.Errorf("got\n%s\nwant\n%s", line, test.want)
			}
			if !strings.Contains(line, "plugin "+prefix+test.name) {
				t.Errorf("%q does not name the plugin", line)
			}
			if printable([]byte(line)) != line || len(line) > 2000 {
				t.Errorf("not one printable line: %q", line)
			}
		})
	}
}

// A plugin's output does not grow the host, and the log gets it line by line.
func TestFloodIsNotKept(t *testing.T) {
	dir := pluginFolder(t, "flood")
	count := &counter{}
	set := New(Options{Dirs: []string{dir}, Log: count})
	defer set.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if _, err := set.describe(t.Context(), wanted("flood"), request()); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if count.bytes < 60<<20 { // it is started twice
		t.Errorf("the log got %d bytes", count.bytes)
	}
	if count.bad != "" {
		t.Errorf("the log got a line %q", count.bad)
	}
}

// counter takes a log and keeps what does not belong into it.
type counter struct {
	mu    sync.Mutex
	bytes int
	bad   string
}

func (c *counter) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += len(p)
	if !bytes.HasPrefix(p, []byte("nugget-arch-flood: ")) || !bytes.HasSuffix(p, []byte("\n")) {
		c.bad = string(p)
	}
	return len(p), nil
}

// What is no program is said to be none before anything is started.
func TestNoPrograms(t *testing.T) {
	dir := pluginFolder(t)
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, prefix+name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if err := os.Mkdir(filepath.Join(dir, prefix+"folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, prefix+"broken")); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ path, want string }{
		{write("text", "no program at all", 0o755), `cannot be started: exec format error$`},
		{write("empty", "", 0o755), `cannot be started: exec format error$`},
		{write("plain", "#!/bin/sh\n", 0o644), `is not executable$`},
		{write("truncated", truncated(t), 0o755), `cannot be started: (exec format|input/output) error$|ended before its handshake \(signal: `},
		{write("script", "#!/bin/sh\necho world >&2; echo hello\n", 0o755), `printed "hello" on standard output, which belongs to the handshake; its last words: "world"$`},
		{write("interpreter", "#!/no/such/interpreter\n", 0o755), `cannot be started: no such file or directory$`},
		{filepath.Join(dir, prefix+"folder"), `is a folder, expected a program$`},
		{filepath.Join(dir, prefix+"broken"), `no such file$`},
		{"/dev/null", `is no regular file, expected a program$`},
		{"/bin/true", `ended before its handshake \(exit status 0\)$`},
	}
	for _, test := range tests {
		t.Run(filepath.Base(test.path), func(t *testing.T) {
			set := New(Options{Binaries: []string{test.path}})
			defer set.Close()
			_, err := set.describe(t.Context(), wanted("text"), request())
			if err == nil || !regexp.MustCompile(test.want).MatchString(err.Error()) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if hint.Of(err) == "" {
				t.Error("no hint")
			}
		})
	}
}

// truncated is the beginning of a program.
func truncated(t *testing.T) string {
	t.Helper()
	whole, err := os.ReadFile(filepath.Join(binaries, "hostile"))
	if err != nil {
		t.Fatal(err)
	}
	return string(whole[:4000])
}
