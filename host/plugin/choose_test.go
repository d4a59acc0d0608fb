//go:build unix

package plugin

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// link puts a plugin of one name under another type's name into a folder.
func link(t *testing.T, from, dir, name string) string {
	t.Helper()
	to := filepath.Join(dir, prefix+name)
	if err := os.Link(from, to); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestUnknownTypeSaysWhatThereIs(t *testing.T) {
	dir := pluginFolder(t, "good0", "good1", "exit")
	if err := os.WriteFile(filepath.Join(dir, prefix+"plain"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	opts := Options{Dirs: []string{"/no/such/folder", dir, dir}}
	set := New(opts)
	defer set.Close()
	_, err := set.describe(t.Context(), wanted("mamba2"), request())
	want := `model: no plugin describes model_type "mamba2"; plugins found: nugget-arch-good0 (good0), nugget-arch-good1 (good1); ` +
		`looked in: /no/such/folder (no such folder), ` + dir +
		`; broken: plugin nugget-arch-exit ended before its handshake (exit status 3); its last words: "the licence has run out", ` +
		filepath.Join(dir, prefix+"plain") + `: is not executable`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if h := hint.Of(err); !strings.Contains(h, "$NUGGET_PLUGIN_PATH") || !strings.Contains(h, "--plugin") {
		t.Errorf("hint %q", h)
	}

	w := wanted("mamba2")
	w.format = archpb.DescribeRequest_FORMAT_GGUF
	_, err = set.describe(t.Context(), w, request())
	if err == nil || !strings.Contains(err.Error(), `no plugin describes GGUF architecture "mamba2"; plugins found: nugget-arch-good0 (gguf-good0), `) {
		t.Errorf("got %v", err)
	}
}

func TestNothingFound(t *testing.T) {
	set := New(Options{})
	defer set.Close()
	_, err := set.describe(t.Context(), wanted("llama"), request())
	if want := `model: no plugin describes model_type "llama"; plugins found: none; looked in: none`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = set.describe(t.Context(), wanted(""), request())
	if want := `model: config.json has no model_type`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestGGUFIsMatchedByItsArchitecture(t *testing.T) {
	set := New(Options{Dirs: []string{pluginFolder(t, "good0", "good1")}})
	defer set.Close()
	w := want{model: "model.gguf", format: archpb.DescribeRequest_FORMAT_GGUF, typ: "gguf-good1"}
	if p, err := set.choose(t.Context(), w); err != nil || p.name != "nugget-arch-good1" {
		t.Errorf("got %v, %v", p, err)
	}
	if _, err := set.choose(t.Context(), wanted("gguf-good1")); err == nil {
		t.Error("a GGUF architecture was taken for a model_type")
	}
}

func TestTwoPluginsOfOneType(t *testing.T) {
	dir := pluginFolder(t, "twin0", "twin1")
	one, two := filepath.Join(dir, prefix+"twin0"), filepath.Join(dir, prefix+"twin1")
	tests := []struct {
		name      string
		opts      Options
		want      string // the chosen path, or the error
		wantsHint string
	}{
		{"both found", Options{Dirs: []string{dir}}, `two plugins describe model_type "twin": ` + one + ` and ` + two, "choose one with --plugin " + one},
		{"one given", Options{Binaries: []string{two}, Dirs: []string{dir}}, two, ""},
		{"both given", Options{Binaries: []string{two, one}}, `two plugins describe model_type "twin": ` + two + ` and ` + one, "name one of them with --plugin"},
		{"given for another type", Options{Binaries: []string{filepath.Join(pluginFolder(t, "good0"), prefix+"good0")}, Dirs: []string{dir}},
			`two plugins describe model_type "twin": ` + one + ` and ` + two, "choose one with --plugin " + one},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			set := New(test.opts)
			defer set.Close()
			p, err := set.choose(t.Context(), wanted("twin"))
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = p.path
			}
			if got != test.want || hint.Of(err) != test.wantsHint {
				t.Errorf("got %s, hint %q; want %s, hint %q", got, hint.Of(err), test.want, test.wantsHint)
			}
		})
	}
}

// A copy of a program is no second opinion.
func TestCopiesOfAProgramAreOne(t *testing.T) {
	dir := pluginFolder(t, "twin0")
	link(t, filepath.Join(dir, prefix+"twin0"), dir, "twin2")
	set := New(Options{Dirs: []string{dir}})
	defer set.Close()
	if p, err := set.choose(t.Context(), wanted("twin")); err != nil || p.name != "nugget-arch-twin0" {
		t.Errorf("got %v, %v", p, err)
	}
}

// A plugin that does not answer keeps nobody from using the others, unless the user
// has named it.
func TestBrokenPluginsArePassedOver(t *testing.T) {
	dir := pluginFolder(t, "good0", "exit", "json-die")
	var log strings.Builder
	set := New(Options{Dirs: []string{dir}, Log: &log})
	defer set.Close()
	if _, err := set.describe(t.Context(), wanted("good0"), request()); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "nugget-arch-exit: passed over: plugin nugget-arch-exit ended") {
		t.Errorf("log %q", log.String())
	}
	given := New(Options{Dirs: []string{dir}, Binaries: []string{filepath.Join(dir, prefix+"exit")}})
	defer given.Close()
	if _, err := given.describe(t.Context(), wanted("good0"), request()); err == nil || !strings.Contains(err.Error(), "the licence has run out") {
		t.Errorf("got %v", err)
	}
}

// Teacher and student, of one family or two, at once.
func TestSeveralPluginsAtOnce(t *testing.T) {
	set := New(Options{Dirs: []string{pluginFolder(t, "good0", "good1", "good2", "good3")}, Cache: t.TempDir()})
	defer set.Close()
	var wg sync.WaitGroup
	for _, typ := range []string{"good0", "good1", "good0", "good3", "good2", "good1"} {
		wg.Go(func() {
			if a, err := set.describe(t.Context(), wanted(typ), request()); err != nil || len(a.Modules) != 4 {
				t.Errorf("%s: %v, %v", typ, a, err)
			}
		})
	}
	wg.Wait()
}
