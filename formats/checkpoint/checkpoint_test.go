package checkpoint

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/neuralnuggets/nugget/formats/safetensors"
)

const config = `{"model_type": "llama"}`

// folder makes a folder of files.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// shard is a safetensors file whose tensors have one entry each.
func shard(t testing.TB, tensors map[string]float32) string {
	t.Helper()
	var data []safetensors.Data
	for name, value := range tensors {
		data = append(data, safetensors.Data{Name: name, Shape: []int{1}, Values: []float32{value}})
	}
	var b bytes.Buffer
	if err := safetensors.Write(&b, data, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// open opens a model until the test ends.
func open(t testing.TB, model string) *Checkpoint {
	t.Helper()
	c, err := Open(model)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// value reads a tensor of one entry.
func value(t testing.TB, c *Checkpoint, name string) float32 {
	t.Helper()
	v := make([]float32, 1)
	if err := c.ReadFloat32(context.Background(), name, v); err != nil {
		t.Error(err)
	}
	return v[0]
}

func TestOneFileOfWeights(t *testing.T) {
	root := folder(t, map[string]string{
		"config.json":        config,
		weights:              shard(t, map[string]float32{"b": 2, "a": 1}),
		index:                `{"weight_map": {"c": "other.safetensors"}}`,
		"other.safetensors":  shard(t, map[string]float32{"c": 3}),
		"golden.safetensors": shard(t, map[string]float32{"d": 4}),
		"model.gguf":         "",
	})
	c := open(t, root)
	if c.Path() != root || c.Format() != HuggingFace || c.Format().String() != "HuggingFace" || c.ModelType() != "llama" || string(c.Config()) != config {
		t.Errorf("%s %s %s %s", c.Path(), c.Format(), c.ModelType(), c.Config())
	}
	if got, want := c.Files(), []string{filepath.Join(root, "config.json"), filepath.Join(root, weights)}; !slices.Equal(got, want) {
		t.Errorf("files: %v", got)
	}
	if got := c.Tensors(); len(got) != 2 || got[0].Name != "a" || got[1].Name != "b" || got[1].DType != "F32" || !slices.Equal(got[1].Shape, []int{1}) {
		t.Errorf("tensors: %v", got)
	}
	if got, ok := c.Lookup("b"); !ok || got.Name != "b" {
		t.Errorf("b: %v, %v", got, ok)
	}
	if _, ok := c.Lookup("c"); ok {
		t.Error("c is of another file")
	}
	if value(t, c, "b") != 2 || c.File("b") != filepath.Join(root, weights) || c.File("c") != root {
		t.Error("b is elsewhere")
	}
}

// The cases come from transformers: testdata/make_shards.py.
func TestShardsAreTakenAsByTransformers(t *testing.T) {
	var cases []struct {
		Name   string
		Index  map[string]string
		Shards map[string]map[string]float32
		Loaded map[string]float32
		Error  string
	}
	data, err := os.ReadFile("testdata/shards.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, v := range cases {
		t.Run(v.Name, func(t *testing.T) {
			list, err := json.Marshal(map[string]any{"metadata": map[string]any{}, "weight_map": v.Index})
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{"config.json": config, index: string(list)}
			for name, tensors := range v.Shards {
				files[name] = shard(t, tensors)
			}
			root := folder(t, files)
			if v.Error != "" {
				if _, err := Open(root); err == nil {
					t.Errorf("transformers refuses it: %s", v.Error)
				}
				return
			}
			c := open(t, root)
			if len(c.Tensors()) != len(v.Loaded) {
				t.Errorf("%d tensors, want %d", len(c.Tensors()), len(v.Loaded))
			}
			for name, want := range v.Loaded {
				if got := value(t, c, name); got != want {
					t.Errorf("%s: got %v, want %v", name, got, want)
				}
				if file := filepath.Base(c.File(name)); v.Shards[file][name] != want {
					t.Errorf("%s: isn't from %s", name, file)
				}
			}
			named := []string{"config.json", index}
			for _, file := range v.Index {
				named = append(named, file)
			}
			slices.Sort(named)
			if got, want := c.Files(), slices.Compact(named); len(got) != len(want) || !slices.IsSorted(got) {
				t.Errorf("files: %v", got)
			}
		})
	}
}

func TestTransformersWeightsNamesTheFile(t *testing.T) {
	files := map[string]string{
		"config.json":                 `{"model_type": "llama", "transformers_weights": "w/mine.safetensors"}`,
		weights:                       shard(t, map[string]float32{"a": 1}),
		"w/mine.safetensors":          shard(t, map[string]float32{"a": 2}),
		"mine.safetensors.index.json": `{"weight_map": {"a": "w/mine.safetensors"}}`,
	}
	if got := value(t, open(t, folder(t, files)), "a"); got != 2 {
		t.Errorf("got %v", got)
	}
	files["config.json"] = `{"model_type": "llama", "transformers_weights": "mine.safetensors.index.json"}`
	if got := value(t, open(t, folder(t, files)), "a"); got != 2 {
		t.Errorf("got %v", got)
	}
	for _, bad := range []string{`"../mine.safetensors"`, `"/mine.safetensors"`, `"model.bin"`, `1`, `""`} {
		files["config.json"] = `{"model_type": "llama", "transformers_weights": ` + bad + `}`
		if _, err := Open(folder(t, files)); err == nil || !strings.Contains(err.Error(), "config.json: transformers_weights: found "+bad+", expected") {
			t.Errorf("%s: got %v", bad, err)
		}
	}
}

func TestConstantsOfPythonBecomeNull(t *testing.T) {
	c := open(t, folder(t, map[string]string{
		"config.json": `{"model_type": "x", "NaN": "Infinity \" NaN", "a": [NaN, -Infinity,Infinity], "model_type": "llama"}`,
		weights:       shard(t, nil),
	}))
	if got, want := string(c.Config()), `{"model_type": "x", "NaN": "Infinity \" NaN", "a": [null, null,null], "model_type": "llama"}`; got != want {
		t.Errorf("got %s", got)
	}
	if c.ModelType() != "llama" {
		t.Errorf("of a key that comes twice the last counts, got %s", c.ModelType())
	}
}

// matrix is a model with the tensor "m" of 3 rows of 4.
func matrix(t testing.TB) *Checkpoint {
	t.Helper()
	var b bytes.Buffer
	values := make([]float32, 12)
	for i := range values {
		values[i] = float32(i)
	}
	if err := safetensors.Write(&b, []safetensors.Data{{Name: "m", Shape: []int{3, 2, 2}, Values: values}, {Name: "s", Values: []float32{1}}}, nil); err != nil {
		t.Fatal(err)
	}
	return open(t, folder(t, map[string]string{"config.json": config, weights: b.String()}))
}

func TestRowsAreOfTheOutermostAxis(t *testing.T) {
	c := matrix(t)
	got := make([]float32, 8)
	if err := c.ReadFloat32Rows(context.Background(), "m", 1, 2, got); err != nil || !slices.Equal(got, []float32{4, 5, 6, 7, 8, 9, 10, 11}) {
		t.Errorf("got %v, %v", got, err)
	}
	if err := c.ReadFloat32Rows(context.Background(), "m", 3, 0, nil); err != nil {
		t.Error(err)
	}
	file := c.File("m")
	read := func(name string, n int) error { return c.ReadFloat32(context.Background(), name, make([]float32, n)) }
	rows := func(name string, first, n, entries int) error {
		return c.ReadFloat32Rows(context.Background(), name, first, n, make([]float32, entries))
	}
	for _, v := range []struct {
		err  error
		want string
	}{
		{read("x", 1), c.Path() + `: has no tensor "x"`},
		{read("m", 11), file + `: tensor "m": shape [3 2 2] has 12 entries, 11 were asked for`},
		{rows("x", 0, 1, 1), c.Path() + `: has no tensor "x"`},
		{rows("m", 2, 2, 8), file + `: tensor "m": rows 2 to 4 were asked for, its shape is [3 2 2]`},
		{rows("m", -1, 1, 4), file + `: tensor "m": rows -1 to 0 were asked for, its shape is [3 2 2]`},
		{rows("m", 0, 1, 5), file + `: tensor "m": 1 rows have 4 entries, 5 were asked for`},
		{rows("s", 0, 1, 1), file + `: tensor "s": rows 0 to 1 were asked for, its shape is []`},
	} {
		if v.err == nil || v.err.Error() != v.want {
			t.Errorf("got %v, want %s", v.err, v.want)
		}
	}
}

// slow is a file of one huge tensor, and counts the reads.
type slow struct {
	reads  int
	cancel func()
}

func (s *slow) Foresee(string) {}

func (s *slow) Waited() time.Duration { return 0 }

func (s *slow) Path() string { return "slow" }
func (s *slow) Close() error { return nil }
func (s *slow) ReadFloat32(string, int, []float32) error {
	s.reads++
	s.cancel()
	return nil
}

func TestReadingStopsWhenTheContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &slow{cancel: cancel}
	c := &Checkpoint{held: map[string]holding{"a": {Tensor{"a", "F32", []int{2 * slab}}, s}}}
	if err := c.ReadFloat32(ctx, "a", make([]float32, 2*slab)); !errors.Is(err, context.Canceled) || s.reads != 1 {
		t.Errorf("got %v after %d reads", err, s.reads)
	}
}

func TestACheckpointIsReadAtOnce(t *testing.T) {
	c := matrix(t)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			got := make([]float32, 12)
			if err := c.ReadFloat32(context.Background(), "m", got); err != nil || got[11] != 11 {
				t.Errorf("got %v, %v", got, err)
			}
			if _, err := c.Tokenizer(); err == nil {
				t.Error("there is no tokenizer")
			}
		})
	}
	wait.Wait()
}

// Models that transformers wrote, as F32, BF16, F16 and shards, and a GGUF file.
func TestRealModels(t *testing.T) {
	for variant, dtype := range map[string]string{"plain": "F32", "bf16": "BF16", "f16": "F16", "sharded": "F32", "gguf": "Q8_0"} {
		c := open(t, filepath.Join("..", "..", "testdata", "tiny", variant))
		if c.ModelType() != "llama" || (c.Format() == GGUF) != (variant == "gguf") {
			t.Errorf("%s: %s, %s", variant, c.ModelType(), c.Format())
		}
		found := false
		for _, x := range c.Tensors() {
			found = found || x.DType == dtype
			values := make([]float32, Entries(x.Shape))
			if err := c.ReadFloat32(context.Background(), x.Name, values); err != nil {
				t.Error(err)
			}
			// Weights are small, and they aren't all the same but in norms.
			if low, high := slices.Min(values), slices.Max(values); !(low > -10 && high < 10) || len(x.Shape) == 2 && low == high {
				t.Errorf("%s: %s: from %v to %v", variant, x.Name, low, high)
			}
		}
		if !found {
			t.Errorf("%s: no tensor is %s: %v", variant, dtype, c.Tensors())
		}
	}
}
