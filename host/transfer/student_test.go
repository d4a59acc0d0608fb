package transfer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCompareSaysWhatDiffers(t *testing.T) {
	model := func(format string, files ...string) ModelReport {
		r := ModelReport{Format: format}
		for _, f := range files {
			name, sum, _ := strings.Cut(f, "=")
			r.Files = append(r.Files, File{name, sum})
		}
		return r
	}
	student := model("huggingface", "config.json=c", "model-1.safetensors=a", "model-2.safetensors=b")
	for _, c := range []struct {
		name  string
		other ModelReport
		want  Likeness
	}{
		{"itself", student, Likeness{Comparable: true, Weights: true, Config: true}},
		{"other names", model("huggingface", "config.json=c", "x.safetensors=b", "y.safetensors=a"), Likeness{Comparable: true, Weights: true, Config: true}},
		{"config", model("huggingface", "config.json=d", "model-1.safetensors=a", "model-2.safetensors=b"), Likeness{Comparable: true, Weights: true, Differ: []string{"config.json"}}},
		{"a shard", model("huggingface", "config.json=c", "model-1.safetensors=a", "model-2.safetensors=z"), Likeness{Comparable: true, Config: true, Differ: []string{"model-2.safetensors"}}},
		{"a shard less", model("huggingface", "config.json=c", "model-1.safetensors=a"), Likeness{Comparable: true, Config: true}},
		{"an index more", model("huggingface", "config.json=c", "model.safetensors.index.json=i", "model-1.safetensors=a", "model-2.safetensors=b"), Likeness{Comparable: true, Weights: true, Config: true, Differ: []string{"model.safetensors.index.json"}}},
		{"a GGUF file", model("gguf", "model.gguf=a"), Likeness{}},
		{"nothing known", model("huggingface"), Likeness{}},
	} {
		got := Compare(student, c.other)
		if got.Comparable != c.want.Comparable || got.Weights != c.want.Weights || got.Config != c.want.Config || !slices.Equal(got.Differ, c.want.Differ) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestReadReportLooksBesideThePapersAdapters(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"init", "negative", "other"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	report := filepath.Join(dir, ReportFile)
	if err := os.WriteFile(report, []byte(`{"student": {"sha256": "abc"}}`), 0o666); err != nil {
		t.Fatal(err)
	}
	for sub, want := range map[string]bool{".": true, "init": true, "negative/": true, "other": false, "init/..": true} {
		r, err := ReadReport(filepath.Join(dir, sub))
		if err != nil || (r != nil) != want || want && r.Student.SHA256 != "abc" {
			t.Errorf("%s: %+v, %v", sub, r, err)
		}
	}
	for text, want := range map[string]string{"{": "is no report of a transfer", "[]": "is no report of a transfer"} {
		if err := os.WriteFile(report, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadReport(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), report) {
			t.Errorf("%q: error is %v", text, err)
		}
	}
	if r, err := ReadReport(filepath.Join(dir, "nowhere")); r != nil || err != nil {
		t.Errorf("nowhere: %v, %v", r, err)
	}
}
