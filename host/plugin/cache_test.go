//go:build unix

package plugin

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// fresh describes the checkpoint of type typ with a new set.
func fresh(t *testing.T, opts Options, typ string, l limits) (string, error) {
	t.Helper()
	var log bytes.Buffer
	opts.Log = &log
	set := New(opts)
	defer set.Close()
	if l != (limits{}) {
		set.limits = l
	}
	_, err := set.describe(t.Context(), wanted(typ), request())
	return log.String(), err
}

// nothingStarts are limits that no start keeps.
var nothingStarts = limits{start: time.Nanosecond, info: time.Nanosecond, describe: time.Nanosecond, stop: time.Second}

func TestCachedAnswersStartNothing(t *testing.T) {
	opts := Options{Dirs: []string{pluginFolder(t, "good0", "good1", "good2")}, Cache: t.TempDir()}
	log, err := fresh(t, opts, "good1", limits{})
	if err != nil || !strings.Contains(log, "describing as good1") {
		t.Fatalf("%v, log %q", err, log)
	}
	if log, err = fresh(t, opts, "good1", nothingStarts); err != nil || log != "" {
		t.Errorf("from the cache: %v, log %q", err, log)
	}
	// Identities are cached too: of three plugins only the right one is started.
	log, err = fresh(t, opts, "good2", limits{})
	if err != nil || log != "nugget-arch-good2: describing as good2\n" {
		t.Errorf("another plugin: %v, log %q", err, log)
	}
	if _, err = fresh(t, opts, "good0", nothingStarts); err == nil {
		t.Error("an answer that nobody gave")
	}
}

func TestDamagedCacheEntriesAreRewritten(t *testing.T) {
	damages := map[string]func([]byte) []byte{
		"empty":     func([]byte) []byte { return nil },
		"truncated": func(b []byte) []byte { return b[:len(b)-1] },
		"longer":    func(b []byte) []byte { return append(b, 0) },
		"flipped":   func(b []byte) []byte { b[len(b)-3] ^= 4; return b },
		"header":    func(b []byte) []byte { b[3] ^= 1; return b },
		"other":     func([]byte) []byte { return []byte("{}") },
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			opts := Options{Dirs: []string{pluginFolder(t, "good0")}, Cache: t.TempDir()}
			if _, err := fresh(t, opts, "good0", limits{}); err != nil {
				t.Fatal(err)
			}
			entries, err := filepath.Glob(filepath.Join(opts.Cache, "*", "*"))
			if err != nil || len(entries) != 2 { // info and one description
				t.Fatalf("entries %v, %v", entries, err)
			}
			intact := map[string][]byte{}
			for _, path := range entries {
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				intact[path] = b
				if err := os.WriteFile(path, damage(bytes.Clone(b)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			log, err := fresh(t, opts, "good0", limits{})
			if err != nil || !strings.Contains(log, "describing as good0") {
				t.Fatalf("%v, log %q", err, log)
			}
			for path, want := range intact {
				if got, _ := os.ReadFile(path); !bytes.Equal(got, want) {
					t.Errorf("%s was not rewritten", path)
				}
			}
		})
	}
}

// An intact entry is checked like an answer.
func TestCachedNonsenseIsAskedAgain(t *testing.T) {
	opts := Options{Dirs: []string{pluginFolder(t, "good0")}, Cache: t.TempDir()}
	set := New(opts)
	defer set.Close()
	hash, err := find(opts).programs[0].hash()
	if err != nil {
		t.Fatal(err)
	}
	question, err := fingerprint(request())
	if err != nil {
		t.Fatal(err)
	}
	nonsense := &archpb.DescribeResponse{Model: &archpb.Model{Family: "nonsense"}}
	for _, write := range []error{
		set.cache.write(hash, "info", &archpb.InfoResponse{Name: "good0"}),
		set.cache.write(hash, question, nonsense),
	} {
		if write != nil {
			t.Fatal(write)
		}
	}
	a, err := set.describe(t.Context(), wanted("good0"), request())
	if err != nil || a.Family != "hostile" {
		t.Errorf("%+v, %v", a, err)
	}
	after := &archpb.DescribeResponse{}
	if !set.cache.read(hash, question, after) || after.Model.Family != "hostile" {
		t.Errorf("the entry stayed: %v", after)
	}
}

// What a wrong description says is not kept.
func TestRefusedAnswersAreNotCached(t *testing.T) {
	opts := Options{Dirs: []string{pluginFolder(t, "wrong")}, Cache: t.TempDir()}
	for range 2 {
		if _, err := fresh(t, opts, "wrong", limits{}); err == nil || !strings.Contains(err.Error(), "runs block 7") {
			t.Fatalf("got %v", err)
		}
	}
	entries, _ := filepath.Glob(filepath.Join(opts.Cache, "*", "*"))
	if len(entries) != 1 || filepath.Base(entries[0]) != "info" {
		t.Errorf("entries %v", entries)
	}
}

// A cache that cannot be written to is done without.
func TestUselessCacheIsDoneWithout(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	opts := Options{Dirs: []string{pluginFolder(t, "good0")}, Cache: file}
	log, err := fresh(t, opts, "good0", limits{})
	if err != nil || !strings.Contains(log, "not cached: ") {
		t.Errorf("%v, log %q", err, log)
	}
}

func TestAnotherProgramIsAskedAnew(t *testing.T) {
	dir := pluginFolder(t, "good0")
	path := filepath.Join(dir, prefix+"good0")
	opts := Options{Dirs: []string{dir}, Cache: t.TempDir()}
	if _, err := fresh(t, opts, "good0", limits{}); err != nil {
		t.Fatal(err)
	}
	set := New(opts)
	defer set.Close()
	if _, err := set.search().programs[0].sum(); err != nil {
		t.Fatal(err)
	}
	change := exec.Command("sh", "-ec", `cp "$0" "$0.new"; printf changed >> "$0.new"; mv "$0.new" "$0"`, path)
	if out, err := change.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// A set that has seen the old program does not run the new one as that.
	if _, err := set.askInfo(t.Context(), set.search().programs[0]); err == nil || !strings.Contains(err.Error(), "changed on disk") {
		t.Errorf("got %v", err)
	}
	log, err := fresh(t, opts, "good0", limits{})
	if err != nil || !strings.Contains(log, "describing as good0") {
		t.Errorf("%v, log %q", err, log)
	}
}

func FuzzCacheEntry(f *testing.F) {
	entry, err := encodeEntry(&archpb.InfoResponse{Name: "n", ModelTypes: []string{"t"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(entry)
	f.Add([]byte(magic))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, entry []byte) {
		told := &archpb.InfoResponse{}
		if !decodeEntry(entry, told) {
			return
		}
		// What is read can be written and read again.
		again := &archpb.InfoResponse{}
		if entry, err := encodeEntry(told); err != nil || !decodeEntry(entry, again) || !proto.Equal(told, again) {
			t.Errorf("read %v, then %v, %v", told, again, err)
		}
	})
}
