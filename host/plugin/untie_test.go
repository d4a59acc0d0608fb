package plugin_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/host/plugin/plugintest"
)

// A checkpoint that holds a tied weight twice is tied while the two are equal; one
// entry that differs, the last, unties them, as when transformers loads it.
func TestTiedWeightsThatDifferAreUntied(t *testing.T) {
	const source = "../../testdata/tiny/tied-stored"
	open := func(dir string) *checkpoint.Checkpoint {
		ck, err := checkpoint.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ck.Close() })
		return ck
	}
	ck := open(source)
	a := plugintest.Describe(t, ck)
	head := a.Module("lm_head")
	if head.TiedTo != "model.embed_tokens" || head.Copy == nil {
		t.Fatalf("equal weights: the head is %+v", head)
	}
	tied := a.Parameters()

	var tensors []safetensors.Data
	for _, h := range ck.Tensors() {
		d := safetensors.Data{Name: h.Name, Shape: h.Shape}
		n := 1
		for _, size := range h.Shape {
			n *= size
		}
		d.Values = make([]float32, n)
		if err := ck.ReadFloat32(context.Background(), h.Name, d.Values); err != nil {
			t.Fatal(err)
		}
		if h.Name == "lm_head.weight" {
			d.Values[n-1] += 0.5
		}
		tensors = append(tensors, d)
	}
	dir := t.TempDir()
	config, err := os.ReadFile(filepath.Join(source, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if err := safetensors.Write(f, tensors, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	a = plugintest.Describe(t, open(dir))
	head = a.Module("lm_head")
	if head.TiedTo != "" || head.Copy != nil || head.Weight.Name != "lm_head.weight" || a.Parameters() != tied+int64(head.Out*head.In) {
		t.Errorf("weights that differ: the head is %+v, %d parameters after %d", head, a.Parameters(), tied)
	}
}
