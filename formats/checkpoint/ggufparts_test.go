package checkpoint

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const parts = 4

func partName(no int) string { return fmt.Sprintf("model"+partEnding, no, parts) }

// split are the parts in testdata/split, which the Python package gguf has written.
func split(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for no := 1; no <= parts; no++ {
		data, err := os.ReadFile(filepath.Join("testdata", "split", partName(no)))
		if err != nil {
			t.Fatal(err)
		}
		files[partName(no)] = string(data)
	}
	return files
}

func TestASplitModelIsTheWholeOne(t *testing.T) {
	whole := open(t, filepath.Join("..", "..", "testdata", "tiny", "gguf"))
	folder := filepath.Join("testdata", "split")
	first := filepath.Join(folder, partName(1))
	for _, model := range []string{folder, first} {
		c := open(t, model)
		if c.Path() != first || c.Format() != GGUF || c.ModelType() != whole.ModelType() {
			t.Errorf("%s %s %s", c.Path(), c.Format(), c.ModelType())
		}
		want := []string{first}
		for no := 2; no <= parts; no++ {
			want = append(want, filepath.Join(folder, partName(no)))
		}
		if !slices.Equal(c.Files(), want) {
			t.Errorf("files are %v", c.Files())
		}
		if len(c.Tensors()) != len(whole.Tensors()) {
			t.Errorf("%d tensors, want %d", len(c.Tensors()), len(whole.Tensors()))
		}
		in := map[string]bool{}
		for _, h := range whole.Tensors() {
			got, ok := c.Lookup(h.Name)
			if !ok || got.DType != h.DType || !slices.Equal(got.Shape, h.Shape) {
				t.Errorf("got %v, want %v", got, h)
				continue
			}
			a, b := make([]float32, Entries(h.Shape)), make([]float32, Entries(h.Shape))
			if err := whole.ReadFloat32(t.Context(), h.Name, a); err != nil {
				t.Fatal(err)
			}
			if err := c.ReadFloat32(t.Context(), h.Name, b); err != nil || !slices.Equal(a, b) {
				t.Errorf("%s: other values, %v", h.Name, err)
			}
			in[c.File(h.Name)] = true
		}
		if len(in) != parts-1 { // the first has none
			t.Errorf("tensors are in %v", in)
		}
		if tok, err := c.Tokenizer(); err != nil || tok.EOS() == "" {
			t.Errorf("tokenizer: %v", err)
		}
	}
}

func TestSplitModelsThatCannotBeOpened(t *testing.T) {
	// with puts other bytes where a part has these.
	with := func(no int, old, now string) func(map[string]string) {
		return func(files map[string]string) {
			if strings.Count(files[partName(no)], old) != 1 {
				t.Fatalf("%q is not there", old)
			}
			files[partName(no)] = strings.Replace(files[partName(no)], old, now, 1)
		}
	}
	number := func(key, kind string, n byte) string { return key + kind + "\x00\x00\x00" + string(rune(n)) + "\x00" }
	const u16, i32 = "\x02", "\x05"
	for name, v := range map[string]struct {
		change       func(files map[string]string)
		open         string
		want, advice string
	}{
		"part 2":       {nil, partName(2), "$/" + partName(2) + ": is part 2 of 4 of a split model with 21 tensors", "give the first part: $/" + partName(1)},
		"part 2 alone": {func(f map[string]string) { f["x.gguf"] = f[partName(2)] }, "x.gguf", "$/x.gguf: is part 2 of 4 of a split model with 21 tensors", "give the first part; "},
		"another name": {func(f map[string]string) { f["x.gguf"] = f[partName(1)] }, "x.gguf",
			"$/x.gguf: is part 1 of 4 of a split model, but its name does not end in -00001-of-00004.gguf", "as they were named"},
		"missing": {func(f map[string]string) { delete(f, partName(3)) }, partName(1),
			"$/" + partName(3) + ": does not exist, but $/" + partName(1) + " is part 1 of 4 of a split model", "not complete"},
		"missing, in a folder": {func(f map[string]string) { delete(f, partName(4)) }, "",
			"$/" + partName(4) + ": does not exist, but $/" + partName(1) + " is part 1 of 4 of a split model", "not complete"},
		"the first missing, in a folder": {func(f map[string]string) { delete(f, partName(1)) }, "",
			"$: has 3 .gguf files and no config.json", "give one of the files: " + partName(2)},
		"two models in a folder": {func(f map[string]string) { f["a.gguf"] = f[partName(1)] }, "", "$: has 5 .gguf files and no config.json", "give one of the files: a.gguf, "},
		"cut off": {func(f map[string]string) { f[partName(3)] = f[partName(3)][:60] }, partName(1),
			"$/" + partName(3) + ": found 8 tensors, expected at most 1 in the 44 bytes that follow", ""},
		"empty": {func(f map[string]string) { f[partName(3)] = "" }, partName(1), "$/" + partName(3) + ": found 0 bytes, expected a GGUF file", ""},
		"wrong place": {func(f map[string]string) { f[partName(3)] = f[partName(4)] }, partName(1),
			"$/" + partName(3) + ": is part 4 of 4 of a split model with 21 tensors, expected part 3 of 4 of a split model with 21 tensors", "fetch them again"},
		"a whole model": {with(3, number("split.count", u16, 4), number("split.count", u16, 1)), partName(1),
			"$/" + partName(3) + ": is a whole model, expected part 3 of 4 of a split model with 21 tensors", "fetch them again"},
		"of another model": {with(3, number("split.tensors.count", i32, 21), number("split.tensors.count", i32, 22)), partName(1),
			"$/" + partName(3) + ": is part 3 of 4 of a split model with 22 tensors, expected part 3 of 4 of a split model with 21 tensors", "fetch them again"},
		"a tensor twice": {with(4, "blk.1.ffn_norm.weight", "blk.0.ffn_norm.weight"), partName(1),
			"$/" + partName(4) + `: has tensor "blk.0.ffn_norm.weight", which $/` + partName(3) + " has too", "fetch them again"},
		"a tensor too few": {func(f map[string]string) {
			for no := 1; no <= parts; no++ {
				with(no, number("split.tensors.count", i32, 21), number("split.tensors.count", i32, 22))(f)
			}
		}, partName(1), "$/" + partName(1) + ": found 21 tensors in all parts, expected 22", "fetch them again"},
		"a number too large": {with(3, number("split.no", u16, 2), number("split.no", u16, 9)), partName(1),
			"$/" + partName(3) + `: metadata key "split.no": found 9, expected 0 to 3, as "split.count" is 4`, ""},
	} {
		files := split(t)
		if v.change != nil {
			v.change(files)
		}
		root := folder(t, files)
		_, err := Open(filepath.Join(root, v.open))
		wrong(t, name, err, root, v.want, strings.ReplaceAll(v.advice, "$", root))
	}
}
