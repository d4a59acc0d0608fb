//go:build unix

package plugin

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/neuralnuggets/nugget/plugins/arch/archcheck"
)

func checked(t *testing.T, set *Set) (string, error) {
	t.Helper()
	results, err := set.Check(t.Context())
	var b strings.Builder
	for _, r := range results {
		if r.Sound() {
			fmt.Fprintf(&b, "%s: %s\n", r.Check, r.Detail)
		}
		for _, p := range r.Problems {
			fmt.Fprintf(&b, "WRONG %s: %v\n", r.Check, p)
		}
	}
	return b.String(), err
}

// Whatever a plugin does, the check says what, in lines, and comes to an end.
func TestCheckSaysWhatIsWrong(t *testing.T) {
	soon := limits{start: time.Second, info: 15 * time.Second, describe: 15 * time.Second, stop: time.Second}
	later := limits{start: 15 * time.Second, info: time.Second, describe: time.Second, stop: time.Second}
	patient := limits{start: 15 * time.Second, info: 15 * time.Second, describe: 15 * time.Second, stop: time.Second}
	for _, c := range []struct {
		name   string
		limits limits
		want   []string // regular expressions
	}{
		{"hang", soon, []string{`^WRONG handshake: found that the plugin did not start within 1s; its last words: "pid \d+: thinking", expected go-plugin's handshake line on standard output within 1s, and gRPC behind it\n$`}},
		{"chatter", patient, []string{`^WRONG handshake: found that the plugin printed "Welcome to my plugin!.\[31m" on standard output`}},
		{"version-9", patient, []string{`^WRONG handshake: found that the plugin speaks version 9 of the plugin protocol, expected 1, expected`}},
		{"no-service", patient, []string{`handshake: gRPC, protocol 1`, `WRONG info: found that the plugin does not know Info, expected name, version and model types`}},
		{"hang-info", later, []string{`WRONG info: found that the plugin did not answer Info within 1s`}},
		{"control", patient, []string{`WRONG info: name: found "a\\x1b\[2J", expected lower-case`}},
		{"big-info", patient, []string{`WRONG info: found that the plugin says too much of itself, expected names that can be shown, and few`}},
		{"exit-describe", patient, []string{
			`info: exit-describe 0.0.1, contract 1\.\d+; model types: exit-describe`,
			`WRONG description: found that the plugin ended while it was asked to Describe \(exit status 4\); its last words: ".*cannot go on", expected a description or an error`,
		}},
		{"hang-describe", later, []string{`WRONG description: found that the plugin did not answer Describe within 1s; its last words: "pid \d+: thinking about it", expected a description or an error`}},
		{"nothing", patient, []string{`WRONG description: found that the plugin gave neither a description nor an error, expected`}},
		{"refuse", patient, []string{`WRONG description: found an error of several lines: `}},
		{"cycle", patient, []string{`WRONG description: found a description that the host refuses: block "layer" step 1`}},
		{"garbage", patient, []string{`WRONG description: found that the plugin sent an answer that is no message of the contract`}},
		{"newer-plain", patient, []string{`WRONG info: contract: found 1.99, expected at most 1\.\d+, this nugget's`, `description: family hostile, 2 layers, 4 modules`}},
		{"good", patient, []string{
			`info: good 1.2.3, contract 1\.\d+; model types: good; GGUF architectures: gguf-good\n`,
			`description: family hostile, 2 layers, 4 modules\nPEFT paths: adapters for up\nparameters: 96\npurity: the same description 5 times\n`,
			// It describes whatever it is asked about.
			`WRONG errors: an empty configuration: found a description, expected an error that names config.json`,
			`WRONG errors: an empty configuration: found a description, expected an error that names metadata`,
			`purity: asked about 4 checkpoints at once\n$`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := pluginFolder(t, c.name)
			set := New(Options{Binaries: []string{filepath.Join(dir, prefix+c.name)}})
			defer set.Close()
			set.limits = c.limits
			begin := time.Now()
			got, err := checked(t, set)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took > 15*time.Second {
				t.Errorf("took %v", took)
			}
			for _, want := range c.want {
				if !regexp.MustCompile(want).MatchString(got) {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			}
			if left := strays(dir); len(left) > 0 {
				t.Errorf("processes left behind: %v", left)
			}
		})
	}
}

// A plugin that crashes again and again is given up.
func TestCheckGivesUp(t *testing.T) {
	dir := pluginFolder(t, "exit-describe")
	set := New(Options{Binaries: []string{filepath.Join(dir, prefix+"exit-describe")}})
	defer set.Close()
	talk := &talk{set: set, program: set.search().given[0]}
	defer talk.end()
	target := talk.target(t.Context())
	for range maxFaults {
		if _, err := target.Describe(request()); err == nil || !strings.HasPrefix(err.Error(), "ended while it was asked to Describe") {
			t.Fatalf("got %v", err)
		}
	}
	if _, err := target.Describe(request()); err != archcheck.ErrStop || !talk.given() {
		t.Errorf("got %v", err)
	}
	if _, err := target.Info(); err != archcheck.ErrStop {
		t.Errorf("got %v", err)
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	dir := pluginFolder(t, "hang-describe")
	set := New(Options{Binaries: []string{filepath.Join(dir, prefix+"hang-describe")}})
	defer set.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if results, err := set.Check(ctx); err != context.DeadlineExceeded || results != nil {
		t.Errorf("got %v, %v", results, err)
	}
}

func TestCheckWantsOneProgram(t *testing.T) {
	for want, opts := range map[string]Options{
		"0 plugins to check, expected one": {Dirs: []string{pluginFolder(t, "good0")}},
		"plugin /no/such: no such file":    {Binaries: []string{"/no/such"}},
	} {
		set := New(opts)
		if _, err := set.Check(t.Context()); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		set.Close()
	}
}

// A plugin under a debugger can be checked where it stands.
func TestCheckAttached(t *testing.T) {
	cmd, address := byHand(t, "good0")
	set := New(Options{Debug: []string{address}})
	defer set.Close()
	got, err := checked(t, set)
	if err != nil || !strings.Contains(got, "info: good0 1.2.3, contract") || !running(cmd.Process.Pid) {
		t.Errorf("%v: %s", err, got)
	}
}
