package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/host/engine"
)

// write runs a transfer between the demo's models and writes it.
func write(t *testing.T, teacher, student Model, opts Options) string {
	t.Helper()
	opts.Engine.Backend = "go"
	opts.Seeds = filepath.Join(pairs, "embeddings", "seeds.jsonl")
	r, err := Run(t.Context(), teacher, student, load(t, opts.Seeds), opts)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			all[filepath.ToSlash(name)], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func names(all map[string][]byte) string {
	var list []string
	for name := range all {
		list = append(list, name)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func TestEqualRunsGiveEqualBytes(t *testing.T) {
	teacher, student := openModel(t, filepath.Join(pairs, "embeddings/teacher")), openModel(t, filepath.Join(pairs, "embeddings/student"))
	for _, opts := range []Options{
		{Rank: 4}, {Rank: 4, Start: Paper}, {Rank: 4, Layers: Random, Structure: Random, RNGSeed: 7},
		{Rank: 4, Structure: Neurons}, {Rank: 4, Structure: RowsColumns},
	} {
		one := opts
		one.Engine.Workers = 1
		first, second := files(t, write(t, teacher, student, opts)), files(t, write(t, teacher, student, one))
		want := "README.md adapter_config.json adapter_model.safetensors transfer.json transfer.safetensors"
		if opts.Start == Paper {
			want = "README.md init/adapter_config.json init/adapter_model.safetensors negative/adapter_config.json negative/adapter_model.safetensors transfer.json transfer.safetensors"
		}
		if names(first) != want {
			t.Errorf("%+v leaves %s", opts, names(first))
		}
		for name, data := range first {
			if !bytes.Equal(data, second[name]) {
				t.Errorf("%+v: %s differs", opts, name)
			}
		}
	}
}

// TestThePapersStartIsTheStudent: the merged negative and init add up to nothing, and
// convert's fold of an untrained init changes nothing.
func TestThePapersStartIsTheStudent(t *testing.T) {
	teacher, student := openModel(t, filepath.Join(pairs, "embeddings/teacher")), openModel(t, filepath.Join(pairs, "embeddings/student"))
	dir := write(t, teacher, student, Options{Rank: 4, Start: Paper})
	init, err := peft.Read(filepath.Join(dir, "init"))
	if err != nil {
		t.Fatal(err)
	}
	negative, err := peft.Read(filepath.Join(dir, "negative"))
	if err != nil {
		t.Fatal(err)
	}
	folded, err := peft.Convert(init, init)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := peft.Read(write(t, teacher, student, Options{Rank: 4}))
	if err != nil {
		t.Fatal(err)
	}
	if len(init.Modules) != 23 || init.Rank != 4 || plain.Rank != 8 || init.BaseModel != "student" {
		t.Errorf("%d modules, rank %d and %d, base %s", len(init.Modules), init.Rank, plain.Rank, init.BaseModel)
	}
	for _, m := range init.Modules {
		module := student.Arch.Module(m.Path)
		weight := make([]float32, module.Out*module.In)
		if err := init.Add(module, weight); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(weight, func(v float32) bool { return v != 0 }) {
			t.Errorf("%s: init changes nothing", m.Path)
		}
		if err := negative.Add(module, weight); err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(weight, func(v float32) bool { return v != 0 }); i >= 0 {
			t.Errorf("%s: init and negative leave %v", m.Path, weight[i])
		}
		if err := folded.Add(module, weight); err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(weight, func(v float32) bool { return v > 1e-6 || v < -1e-6 }); i >= 0 {
			t.Errorf("%s: the fold of init leaves %v", m.Path, weight[i])
		}
		p := plain.Module(m.Path)
		if !slices.Equal(p.A[len(p.A)/2:], m.A) || p.B[1] != m.B[1] {
			t.Errorf("%s: the plain start has other factors", m.Path)
		}
	}
	report, err := peft.Check(filepath.Join(dir, "init"), student.Arch)
	if err != nil || !report.Sound || report.StartsAtBase {
		t.Errorf("init: %+v, %v", report, err)
	}
}

func TestThePlainStartIsSoundAndStartsAtTheStudent(t *testing.T) {
	for pair, structure := range map[string]string{"embeddings": Neurons, "grouped": RowsColumns, "deeper": Random} {
		teacher, student := openModel(t, filepath.Join(pairs, pair, "teacher")), openModel(t, filepath.Join(pairs, pair, "student"))
		opts := Options{Rank: 4, Structure: structure, Engine: engine.Options{Backend: "go"}}
		r, err := Run(t.Context(), teacher, student, load(t, filepath.Join(pairs, pair, "seeds.jsonl")), opts)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := r.Write(dir); err != nil {
			t.Fatal(err)
		}
		report, err := peft.Check(dir, student.Arch)
		if err != nil {
			t.Fatal(err)
		}
		if !report.Sound || !report.StartsAtBase || len(report.Findings) > 0 || len(report.Layers) != len(student.Arch.Layers) {
			t.Errorf("%s: %+v", pair, report)
		}
	}
}

func TestTransferJSONSaysWhatWasTaken(t *testing.T) {
	teacher, student := openModel(t, filepath.Join(pairs, "embeddings/teacher")), openModel(t, filepath.Join(pairs, "embeddings/student"))
	all := files(t, write(t, teacher, student, Options{Rank: 4, Template: "nugget", MaxLength: 2048}))
	var report map[string]any
	if err := json.Unmarshal(all["transfer.json"], &report); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"method", "versions", "teacher", "student", "seeds", "options", "losses", "layer_scores", "layers", "modules", "left_out"} {
		if report[key] == nil {
			t.Errorf("transfer.json has no %s", key)
		}
	}
	seeds := report["seeds"].(map[string]any)
	if len(seeds["sha256"].(string)) != 64 || seeds["samples"] != 4.0 {
		t.Errorf("seeds are %v", seeds)
	}
	for _, who := range []string{"teacher", "student"} {
		if m := report[who].(map[string]any); len(m["sha256"].(string)) != 64 || len(m["files"].([]any)) != 2 || m["path"] != who {
			t.Errorf("%s is %v", who, m)
		}
	}
	module := report["modules"].([]any)[0].(map[string]any)
	if module["path"] != "model.embed_tokens" || module["window"].(map[string]any)["share"] == nil || module["energy"] == nil {
		t.Errorf("the first module is %v", module)
	}
	if dir, err := os.Getwd(); err != nil || bytes.Contains(all["transfer.json"], []byte(dir)) {
		t.Errorf("transfer.json names %s (%v)", dir, err)
	}
}

func TestTheCardTellsHowToLoadTheAdapter(t *testing.T) {
	teacher, student := openModel(t, filepath.Join(pairs, "deeper/teacher")), openModel(t, filepath.Join(pairs, "deeper/student"))
	student.Name = `org/"student"`
	for start, want := range map[string][]string{
		Plain: {"---\nbase_model: \"org/\\\"student\\\"\"\nlibrary_name: peft\n", "is_trainable=True", `from_pretrained("org/\"student\"")`, "rank 4 each", "\n- left out: embeddings: "},
		Paper: {"merge_and_unload", "nugget convert --init"},
	} {
		samples := load(t, filepath.Join(pairs, "deeper/seeds.jsonl"))
		r, err := Run(t.Context(), teacher, student, samples, Options{Rank: 4, Start: start, Engine: engine.Options{Backend: "go"}})
		if err != nil {
			t.Fatal(err)
		}
		card := string(r.card())
		for _, w := range want {
			if !strings.Contains(card, w) {
				t.Errorf("%s: the card lacks %q:\n%s", start, w, card)
			}
		}
	}
}

func TestTheCardNamesAGGUFFile(t *testing.T) {
	one, parts := []File{{Name: "m.gguf"}}, []File{{Name: "m-00001-of-00002.gguf"}, {Name: "m-00002-of-00002.gguf"}}
	for _, c := range []struct {
		path  string
		files []File
		want  string
	}{
		{"models/m.gguf", one, `"models", gguf_file="m.gguf"`},
		{"m.gguf", one, `".", gguf_file="m.gguf"`},
		{"models/m", one, `"models/m", gguf_file="m.gguf"`},
		{"models/m", parts, `"models/m", gguf_file="m-00001-of-00002.gguf"`},
	} {
		r := &Result{Report: &Report{Student: ModelReport{Path: c.path, Format: "gguf", Files: c.files}, Options: OptionsReport{Start: Plain}}}
		card := string(r.card())
		if !strings.Contains(card, "from_pretrained("+c.want+")") {
			t.Errorf("%s: the card lacks %s:\n%s", c.path, c.want, card)
		}
		if strings.Contains(card, "gguf-split --merge") != (len(c.files) > 1) {
			t.Errorf("%s of %d parts:\n%s", c.path, len(c.files), card)
		}
	}
}

func TestOtherTokensLeaveTheEmbeddingsOut(t *testing.T) {
	const demo = "../../testdata/demo"
	copied := t.TempDir()
	for name, data := range files(t, filepath.Join(demo, "student")) {
		if name == "tokenizer.json" {
			// Two tokens change places.
			data = bytes.Replace(data, []byte(`"e"`), []byte(`"\u0000"`), 1)
			data = bytes.Replace(data, []byte(`"f"`), []byte(`"e"`), 1)
			data = bytes.Replace(data, []byte(`"\u0000"`), []byte(`"f"`), 1)
		}
		if err := os.WriteFile(filepath.Join(copied, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	teacher := openModel(t, filepath.Join(demo, "teacher"))
	for path, want := range map[string]string{filepath.Join(demo, "student"): "", copied: `is "f" for the student and "e" for the teacher`} {
		var lines []string
		opts, err := Options{Message: func(s string) { lines = append(lines, s) }}.complete()
		if err != nil {
			t.Fatal(err)
		}
		p, err := newPlan(teacher, openModel(t, path), opts)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(lines, "\n"); !strings.Contains(got, want) || (want == "") != (got == "") || (want == "") != (len(p.embeddings) == 2) {
			t.Errorf("%s: %q, %d embeddings", path, got, len(p.embeddings))
		}
	}
}

func TestACancelledTransferLeavesAnError(t *testing.T) {
	teacher, student := openModel(t, filepath.Join(pairs, "deeper/teacher")), openModel(t, filepath.Join(pairs, "deeper/student"))
	ctx, cancel := context.WithCancel(t.Context())
	opts := Options{Rank: 4, Engine: engine.Options{Backend: "go", Progress: func(p engine.Progress) {
		if p.Phase == "backward" {
			cancel()
		}
	}}}
	if _, err := Run(ctx, teacher, student, load(t, filepath.Join(pairs, "deeper/seeds.jsonl")), opts); err == nil {
		t.Error("no error")
	}
}
