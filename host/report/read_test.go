package report

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/host/transfer"
)

func TestAFolderOfSomethingElseIsRefused(t *testing.T) {
	dir := t.TempDir()
	_, err := Read(dir)
	if err == nil || !strings.Contains(err.Error(), "holds neither transfer.json nor metrics.jsonl") || hint.Of(err) == "" {
		t.Errorf("%v", err)
	}
	file := filepath.Join(dir, "x")
	save(t, dir, "x", "")
	if _, err := Read(file); err == nil || !strings.Contains(err.Error(), "is no folder") {
		t.Errorf("%v", err)
	}
	save(t, dir, transfer.ReportFile, "[]")
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), transfer.ReportFile) {
		t.Errorf("%v", err)
	}
}

// TestThePapersInit: what is about it lies in the folder above.
func TestThePapersInit(t *testing.T) {
	dir := folder(t, sample(1), true)
	init := filepath.Join(dir, "init")
	if err := os.Mkdir(init, 0o777); err != nil {
		t.Fatal(err)
	}
	if html(t, init) != html(t, dir) {
		t.Error("the report of init differs")
	}
}

func TestArraysThatCannotBeAreRefused(t *testing.T) {
	for text, d := range map[string]safetensors.Data{
		"found NaN at entry 1":           {Name: "sigma/x", Shape: []int{2}, Values: []float32{1, float32(math.NaN())}},
		"found -1 at entry 0":            {Name: "heat/x", Shape: []int{1, 1}, Values: []float32{-1}},
		"found shape [1 65], expected a": {Name: "heat/x", Shape: []int{1, 65}, Values: make([]float32, 65)},
		"found shape [1 1 1]":            {Name: "heat/x", Shape: []int{1, 1, 1}, Values: []float32{1}},
		"found shape [0]":                {Name: "sigma/x", Shape: []int{0}},
	} {
		dir := folder(t, sample(1), false)
		var b bytes.Buffer
		if err := safetensors.Write(&b, []safetensors.Data{d}, nil); err != nil {
			t.Fatal(err)
		}
		save(t, dir, transfer.ArraysFile, b.String())
		if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), transfer.ArraysFile) {
			t.Errorf("%v, want %s", err, text)
		}
	}
	dir := folder(t, sample(1), false)
	save(t, dir, transfer.ArraysFile, "short")
	if _, err := Read(dir); err == nil {
		t.Error("a truncated file is taken")
	}
}

// FuzzReport: whatever transfer.json says, there is an error or a page without markup
// of its making.
func FuzzReport(f *testing.F) {
	raw, err := json.Marshal(sample(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"layer_scores":[-1,1e308,1e308],"layers":[7,-1],"losses":[-1e308,1e308],"modules":[{"path":"","layer":-5},{"path":"x","window":{"row":-9,"col":1e9,"rows":-1,"cols":9,"matrix":[0,-3]}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		dir := t.TempDir()
		save(t, dir, transfer.ReportFile, string(raw))
		r, err := Read(dir)
		if err != nil {
			return
		}
		var b strings.Builder
		if err := r.Write(&b); err != nil {
			t.Error(err)
		}
		if strings.Contains(b.String(), "<script") {
			t.Error("a script")
		}
	})
}
