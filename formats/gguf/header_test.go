package gguf

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/hint"
)

func TestMetadataOfEveryType(t *testing.T) {
	f := open(t, "testdata/metadata.gguf")
	want := map[string]any{
		"general.architecture": "test",
		"uint8":                uint8(255),
		"int8":                 int8(-128),
		"uint16":               uint16(65535),
		"int16":                int16(-32768),
		"uint32":               uint32(math.MaxUint32),
		"int32":                int32(math.MinInt32),
		"uint64":               uint64(math.MaxUint64),
		"int64":                int64(math.MinInt64),
		"float32":              float32(0.1),
		"float64":              0.1,
		"false":                false,
		"true":                 true,
		"string":               "naïve 🦙\n\x00end",
		"empty string":         "",
		"array.uint8":          []uint8{0, 255},
		"array.int8":           []int8{-128, 127},
		"array.uint16":         []uint16{0, 65535},
		"array.int16":          []int16{-32768, 32767},
		"array.uint32":         []uint32{0, math.MaxUint32},
		"array.int32":          []int32{math.MinInt32, math.MaxInt32},
		"array.uint64":         []uint64{0, math.MaxUint64},
		"array.int64":          []int64{math.MinInt64, math.MaxInt64},
		"array.float32":        []float32{0.1, float32(math.Inf(1))},
		"array.float64":        []float64{0.1, math.Inf(-1)},
		"array.bool":           []bool{true, false, true},
		"array.string":         []string{"", "a", "▁b"},
		"array.nested":         []any{[]int32{1, 2, 3}, []int32{4}},
		"array.deep":           []any{[]any{[]string{"x"}, []string{"y", "z"}}},
	}
	if got := f.Metadata(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, want %#v", got, want)
	}
	keys := f.Keys()
	if len(keys) != len(want) || keys[0] != "general.architecture" || keys[1] != "uint8" || keys[len(keys)-1] != "array.deep" {
		t.Errorf("keys out of the file's order: %q", keys)
	}
	if tensors := f.Tensors(); len(tensors) != 0 {
		t.Errorf("found tensors %v", tensors)
	}
}

func TestTensorHeaders(t *testing.T) {
	f := open(t, "testdata/tensors.gguf")
	tensors := f.Tensors()
	if !slices.IsSortedFunc(tensors, func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not sorted by name")
	}
	for _, want := range []Tensor{
		{"shape.four", "F16", []int{2, 3, 4, 32}},
		{"shape.one", "F32", []int{1}},
		{"random.Q4_K", "Q4_K", []int{3, 512}},
	} {
		if !slices.ContainsFunc(tensors, func(t Tensor) bool { return reflect.DeepEqual(t, want) }) {
			t.Errorf("%v not found", want)
		}
	}
}

func TestScalarsAndEmptyTensors(t *testing.T) {
	b := newBuilder(3, 0).tensor("scalar", 0, 0).tensor("empty", 12, 0, 256, 0).tensor("last", 0, 32, 1).pad(32).zeros(36)
	f, err := parse("memory", newReader(b.bytes), int64(len(b.bytes)))
	if err != nil {
		t.Fatal(err)
	}
	want := []Tensor{{"empty", "Q4_K", []int{0, 256}}, {"last", "F32", []int{1}}, {"scalar", "F32", []int{}}}
	if got := f.Tensors(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := f.ReadFloat32("scalar", 0, make([]float32, 1)); err != nil {
		t.Error(err)
	}
	if err := f.ReadFloat32("empty", 0, nil); err != nil {
		t.Error(err)
	}
}

func TestVersion2(t *testing.T) {
	b := newBuilder(1, 0).tensor("t", 0, 0, 2).pad(32).zeros(8)
	b.bytes[4] = 2
	if _, err := parse("memory", newReader(b.bytes), int64(len(b.bytes))); err != nil {
		t.Error(err)
	}
}

func TestWrongHeaders(t *testing.T) {
	array := func(n int) *builder {
		b := newBuilder(0, 1).pair("a", typeArray)
		for range n {
			b.u32(typeArray).u64(1)
		}
		return b.u32(typeUint8).u64(0)
	}
	for name, c := range map[string]struct {
		b    *builder
		want string // behind "f.gguf: "
		hint bool
	}{
		"empty file":       {&builder{}, "found 0 bytes, expected a GGUF file", false},
		"other magic":      {(&builder{}).raw("PK\x03\x04 a zip file"), `found "PK\x03\x04" as the first bytes, expected "GGUF"`, false},
		"pointer":          {(&builder{}).raw("version https://git-lfs.github.com/spec/v1\n"), "found a Git LFS pointer, expected a GGUF file", true},
		"version 1":        {(&builder{}).raw("GGUF").u32(1).zeros(20), "found GGUF version 1, expected 2 or 3", true},
		"version 4":        {(&builder{}).raw("GGUF").u32(4).zeros(20), "found GGUF version 4, expected 2 or 3", false},
		"version 0":        {(&builder{}).raw("GGUF").u32(0).zeros(20), "found GGUF version 0, expected 2 or 3", false},
		"big-endian":       {(&builder{}).raw("GGUF\x00\x00\x00\x03").zeros(20), "found a big-endian GGUF file, expected a little-endian one", true},
		"big-endian magic": {(&builder{}).raw("FUGG\x00\x00\x00\x03").zeros(20), "found a big-endian GGUF file, expected a little-endian one", true},
		"no counts":        {(&builder{}).raw("GGUF").u32(3).u32(0), "number of tensors: found 4 bytes after byte 8, expected a value of 8 bytes: the file is cut off or its header wrong", false},
		"tensors lie":      {newBuilder(1<<40, 0), "found 1099511627776 tensors, expected at most 0 in the 8 bytes that follow", false},
		"pairs lie":        {newBuilder(0, math.MaxUint64).zeros(28), "found 18446744073709551615 metadata pairs, expected at most 2 in the 28 bytes that follow", false},

		"long key": {newBuilder(0, 1).u64(100).raw("key").zeros(20),
			"metadata key 1 of 1: found 23 bytes after byte 32, expected a string of 100 bytes: the file is cut off or its header wrong", false},
		"key beyond the limit": {newBuilder(0, 1).str(strings.Repeat("k", 65536)).zeros(20), "metadata key 1 of 1: found a name of 65536 bytes at byte 24, expected 1 to 65535", false},
		"empty key":            {newBuilder(0, 1).str("").zeros(20), "metadata key 1 of 1: found a name of 0 bytes at byte 24, expected 1 to 65535", false},
		"key of other bytes":   {newBuilder(0, 1).str("k\xff").zeros(20), "metadata key 1 of 1: found invalid UTF-8 in the string at byte 32", false},
		"key twice":            {newBuilder(0, 2).pair("k", typeUint8).raw("a").pair("k", typeUint8).raw("a"), `metadata key "k": found twice, expected once`, false},
		"value type":           {newBuilder(0, 1).pair("k", 13).zeros(8), `metadata key "k": found value type 13, expected 0 to 12`, false},
		"cut off value":        {newBuilder(0, 1).pair("key", typeUint64).zeros(7), `metadata key "key": found 7 bytes after byte 39, expected a value of 8 bytes: the file is cut off or its header wrong`, false},
		"bool":                 {newBuilder(0, 1).pair("k", typeBool).raw("\x02"), `metadata key "k": found 2 as a bool, expected 0 or 1`, false},
		"value of other bytes": {newBuilder(0, 1).pair("k", typeString).str("\xc0"), `metadata key "k": found invalid UTF-8 in the string at byte 45`, false},
		"long array": {newBuilder(0, 1).pair("k", typeArray).u32(typeInt64).u64(1 << 61).zeros(16),
			`metadata key "k": found 2305843009213693952 array elements, expected at most 2 in the 16 bytes that follow`, false},
		"element type": {newBuilder(0, 1).pair("k", typeArray).u32(99).u64(0), `metadata key "k": found array element type 99, expected 0 to 12`, false},
		"element of other bytes": {newBuilder(0, 1).pair("k", typeArray).u32(typeString).u64(2).str("a").str("\xff"),
			`metadata key "k": array element 2 of 2: found invalid UTF-8 in the string at byte 66`, false},
		"deep arrays": {array(4), `metadata key "a": ` + strings.Repeat("array element 1 of 1: ", 4) + "found arrays nested more than 4 deep", false},

		"type of the alignment": {newBuilder(0, 1).pair("general.alignment", typeUint64).u64(32), `metadata key "general.alignment": found a value of type uint64, expected uint32`, false},
		"zero alignment":        {newBuilder(0, 1).pair("general.alignment", typeUint32).u32(0), `metadata key "general.alignment": found 0, expected a power of two`, false},
		"alignment 48":          {newBuilder(0, 1).pair("general.alignment", typeUint32).u32(48), `metadata key "general.alignment": found 48, expected a power of two`, false},

		"part without a number": {newBuilder(0, 1).pair("split.count", typeUint16).raw("\x03\x00"), `metadata key "split.no": not found, but "split.count" is 3`, false},
		"part beyond the count": {newBuilder(0, 2).pair("split.no", typeUint16).raw("\x03\x00").pair("split.count", typeUint16).raw("\x03\x00"), `metadata key "split.no": found 3, expected 0 to 2, as "split.count" is 3`, false},
		"type of the count":     {newBuilder(0, 1).pair("split.count", typeString).str("3"), `metadata key "split.count": found a value of type string, expected uint16 or int32`, false},
		"negative count":        {newBuilder(0, 1).pair("split.count", typeInt32).u32(math.MaxUint32), `metadata key "split.count": found -1, expected 0 to 2147483647`, false},
		"huge count":            {newBuilder(0, 1).pair("split.count", typeUint32).u32(1 << 31), `metadata key "split.count": found 2147483648, expected 0 to 2147483647`, false},
		"type of the tensors' count": {part(1, 3).pair("split.tensors.count", typeBool).raw("\x01"),
			`metadata key "split.tensors.count": found a value of type bool, expected uint16 or int32`, false},

		"tensor's name":  {newBuilder(1, 0).tensor("", 0, 0, 1).zeros(64), "tensor 1 of 1: found a name of 0 bytes at byte 24, expected 1 to 65535", false},
		"tensor twice":   {newBuilder(2, 0).tensor("t", 0, 0, 1).tensor("t", 0, 32, 1).zeros(64), `tensor "t": found twice, expected once`, false},
		"5 dimensions":   {newBuilder(1, 0).tensor("t", 0, 0, 1, 1, 1, 1, 1).zeros(64), `tensor "t": found 5 dimensions, expected at most 4`, false},
		"huge dimension": {newBuilder(1, 0).tensor("t", 0, 0, 1, 1<<63).zeros(64), `tensor "t": found 9223372036854775808 as dimension 2, expected at most 9223372036854775807`, false},
		"huge shape": {newBuilder(1, 0).tensor("t", 0, 0, 1<<32, 1<<31).zeros(64),
			`tensor "t": found shape [2147483648 4294967296], expected at most 9223372036854775807 entries`, false},
		"huge size": {newBuilder(1, 0).tensor("t", 0, 0, 1<<31, 1<<31).zeros(64),
			`tensor "t": found shape [2147483648 2147483648] of type F32, expected at most 9223372036854775807 bytes`, false},
		"tensor's type":   {newBuilder(1, 0).tensor("t", 31, 0, 32).zeros(64), `tensor "t": found type 31, expected one that GGUF has`, false},
		"part of a block": {newBuilder(1, 0).tensor("t", 12, 0, 128, 2).zeros(512), `tensor "t": found rows of 128 entries, expected a multiple of Q4_K's block of 256`, false},
		"offset":          {newBuilder(1, 0).tensor("t", 0, 8, 1).zeros(64), `tensor "t": found data offset 8, expected a multiple of the alignment 32`, false},
		"huge offset":     {newBuilder(1, 0).tensor("t", 0, 1<<63, 1).zeros(64), `tensor "t": found data offset 9223372036854775808, expected a multiple of the alignment 32`, false},
		"cut off header":  {newBuilder(1, 0).str("tensor").u32(2).zeros(12), `tensor "tensor": found 4 bytes after byte 50, expected a value of 8 bytes: the file is cut off or its header wrong`, false},
		"cut off data": {newBuilder(1, 0).tensor("t", 0, 0, 16).pad(32).zeros(63),
			`tensor "t": found 63 bytes of tensor data in the file, expected at least 64, for 64 bytes at data offset 0: the file is cut off or its header wrong`, false},
		"data out of the file": {newBuilder(1, 0).tensor("t", 0, math.MaxInt64-31, 16).pad(32).zeros(64),
			`tensor "t": found 64 bytes of tensor data in the file, expected at least 9223372036854775840, for 64 bytes at data offset 9223372036854775776: the file is cut off or its header wrong`, false},
		"overlap": {newBuilder(3, 0).tensor("a", 0, 0, 16).tensor("none", 0, 32, 0).tensor("b", 0, 32, 1).pad(32).zeros(64),
			`tensor "b": found data offset 32, inside tensor "a", expected at least 64`, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f.gguf")
			if err := os.WriteFile(path, c.b.bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(path)
			if err == nil {
				t.Fatal("accepted")
			}
			if got, _ := strings.CutPrefix(err.Error(), path+": "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if got := hint.Of(err) != ""; got != c.hint {
				t.Errorf("hint %q", hint.Of(err))
			}
		})
	}
}

func TestBigEndianFileOfThePythonPackage(t *testing.T) {
	_, err := Open("testdata/big.gguf")
	want := "testdata/big.gguf: found a big-endian GGUF file, expected a little-endian one"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestFoldersAndMissingFiles(t *testing.T) {
	if _, err := Open("testdata"); err == nil || err.Error() != "testdata: found a folder, expected a GGUF file" {
		t.Errorf("got %v", err)
	}
	if _, err := Open("testdata/none.gguf"); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}

// Cut anywhere, a file is an error, never one with fewer things in it.
func TestTruncatedFiles(t *testing.T) {
	for _, path := range []string{"testdata/tensors.gguf", "testdata/metadata.gguf"} {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		end := len(whole)
		if path == "testdata/metadata.gguf" {
			end = len(strings.TrimRight(string(whole), "\x00")) // the padding may be missing
		}
		for n := 0; n < end; n += 1 + n/100 {
			if f, err := parse(path, newReader(whole[:n]), int64(n)); err == nil {
				t.Fatalf("%s: accepted with %d of its bytes: %v", path, n, f.Tensors())
			}
		}
	}
}
