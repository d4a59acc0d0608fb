package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// readAll decodes a whole tensor.
func readAll(t testing.TB, f *File, name string) []float32 {
	t.Helper()
	values := make([]float32, f.entries[name].count)
	if err := f.ReadFloat32(name, 0, values); err != nil {
		t.Fatal(err)
	}
	return values
}

func TestFloatsOfAFileThatTorchWrote(t *testing.T) {
	f := open(t, "testdata/types.safetensors")
	data, err := os.ReadFile("testdata/types.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string][]any
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden) != 4 {
		t.Fatalf("%d types", len(golden))
	}
	for name, want := range golden {
		for i, got := range readAll(t, f, name) {
			w, err := strconv.ParseFloat(fmt.Sprint(want[i]), 64)
			if err != nil {
				t.Fatal(err)
			}
			// Signs of zeros count; which NaN it is doesn't.
			if same := math.Float32bits(got) == math.Float32bits(float32(w)); !same && !(got != got && w != w) {
				t.Errorf("%s[%d]: got %v, want %v", name, i, got, want[i])
			}
		}
	}
}

func TestTypesThatAreNotReadAreRefused(t *testing.T) {
	f := open(t, "testdata/types.safetensors")
	listed := 0
	for _, tensor := range f.Tensors() {
		switch tensor.DType {
		case "F16", "BF16", "F32", "F64":
			continue
		}
		listed++
		err := f.ReadFloat32(tensor.Name, 0, make([]float32, 1))
		want := fmt.Sprintf("testdata/types.safetensors: tensor %q: found type %s, expected F16, BF16, F32 or F64", tensor.Name, tensor.DType)
		if err == nil || err.Error() != want || hint.Of(err) == "" {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if listed != 12 {
		t.Errorf("%d types", listed)
	}
}

func TestEveryHalfIsWhatNumpyMakesOfIt(t *testing.T) {
	data, err := os.ReadFile("testdata/decoded.json")
	if err != nil {
		t.Fatal(err)
	}
	golden := map[string]uint32{}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	var all []byte
	for i := range 1 << 16 {
		all = binary.LittleEndian.AppendUint16(all, uint16(i))
	}
	for _, dtype := range []string{"F16", "BF16"} {
		header := fmt.Sprintf(`{"a":{"dtype":%q,"shape":[65536],"data_offsets":[0,131072]}}`, dtype)
		length := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
		f := open(t, write(t, string(length)+header+string(all)))
		var bits []byte
		for _, v := range readAll(t, f, "a") {
			b := math.Float32bits(v)
			if v != v {
				b = 0x7FC00000
			}
			bits = binary.LittleEndian.AppendUint32(bits, b)
		}
		if got := crc32.ChecksumIEEE(bits); got != golden[dtype] {
			t.Errorf("%s: got sum %d, want %d", dtype, got, golden[dtype])
		}
	}
}

// random is a file of one tensor of n entries, and its entries.
func random(t testing.TB, dtype string, n int) (*File, []float32) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	var data []byte
	values := make([]float32, n)
	for i := range values {
		// Eight bits of mantissa, so that every type holds it.
		values[i] = float32(int(rng.Uint32()>>24)-128) / 64
		switch bits := math.Float32bits(values[i]); dtype {
		case "F64":
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(float64(values[i])))
		case "F32":
			data = binary.LittleEndian.AppendUint32(data, bits)
		case "BF16":
			data = binary.LittleEndian.AppendUint16(data, uint16(bits>>16))
		case "F16":
			h := uint16(0)
			if values[i] != 0 {
				h = uint16(bits>>16&0x8000) | uint16(bits>>13-112<<10)&0x7FFF
			}
			data = binary.LittleEndian.AppendUint16(data, h)
		}
	}
	header := fmt.Sprintf(`{"a":{"dtype":%q,"shape":[%d],"data_offsets":[0,%d]}}`, dtype, n, len(data))
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return open(t, write(t, string(length)+header+string(data))), values
}

func TestAnyPartOfATensorIsRead(t *testing.T) {
	const n = 3*chunk + 7
	for _, dtype := range []string{"F16", "BF16", "F32", "F64"} {
		f, want := random(t, dtype, n)
		for _, part := range [][2]int{{0, n}, {0, 0}, {n, 0}, {1, 1}, {n - 1, 1}, {1, n - 1}, {3, chunk}, {5, chunk + 1}, {chunk - 1, 2}, {7, 2*chunk - 1}} {
			got := make([]float32, part[1])
			if err := f.ReadFloat32("a", part[0], got); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want[part[0]:part[0]+part[1]]) {
				t.Errorf("%s: entries %d to %d differ", dtype, part[0], part[0]+part[1])
			}
		}
	}
}

// The portable way, which a big-endian machine takes.
func TestF32WithoutTheMemorysOrder(t *testing.T) {
	want := []float32{1, -2.5, 0, math.MaxFloat32, float32(math.Inf(-1))}
	raw := encodeF32(want)
	if raw[3] != 0x3F || raw[0] != 0 {
		t.Errorf("1 is % X, expected the low byte first", raw[:4])
	}
	apart, over := make([]float32, len(want)), make([]float32, len(want))
	decodeF32(apart, raw)
	copy(memory(over), raw)
	decodeF32(over, memory(over))
	if !slices.Equal(apart, want) || !slices.Equal(over, want) {
		t.Errorf("got %v and %v", apart, over)
	}
}

func TestTheRestOfTheBufferIsLeftAlone(t *testing.T) {
	for _, dtype := range []string{"F16", "BF16", "F32", "F64"} {
		f, _ := random(t, dtype, 100)
		buffer := make([]float32, 102)
		buffer[0], buffer[101] = 7, 7
		if err := f.ReadFloat32("a", 0, buffer[1:101]); err != nil || buffer[0] != 7 || buffer[101] != 7 {
			t.Errorf("%s: %v, %v, %v", dtype, err, buffer[0], buffer[101])
		}
	}
}

func TestWrongRequestsAreRefused(t *testing.T) {
	f, _ := random(t, "F32", 10)
	for _, c := range []struct {
		name     string
		first, n int
		want     string
	}{
		{"b", 0, 1, `has no tensor "b"`},
		{"a", 0, 11, `tensor "a": entries 0 to 11 were asked for, it has 10`},
		{"a", 10, 1, `tensor "a": entries 10 to 11 were asked for, it has 10`},
		{"a", -1, 1, `tensor "a": entries -1 to 0 were asked for, it has 10`},
		{"a", 11, 0, `tensor "a": entries 11 to 11 were asked for, it has 10`},
	} {
		err := f.ReadFloat32(c.name, c.first, make([]float32, c.n))
		if err == nil || err.Error() != f.Path()+": "+c.want {
			t.Errorf("%+v: got %v", c, err)
		}
	}
}

func TestAFileThatShrinksIsAnError(t *testing.T) {
	for _, dtype := range []string{"F16", "F32", "F64"} {
		f, values := random(t, dtype, 1000)
		if err := os.Truncate(f.Path(), 200); err != nil {
			t.Fatal(err)
		}
		err := f.ReadFloat32("a", 0, values)
		if err == nil || !strings.Contains(err.Error(), `tensor "a": the file ends at byte 200: it has become shorter`) {
			t.Errorf("%s: got %v", dtype, err)
		}
	}
}

func TestTensorsAreReadAtOnce(t *testing.T) {
	f, want := random(t, "BF16", 4*chunk)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			got := make([]float32, len(want)-i)
			if err := f.ReadFloat32("a", i, got); err != nil || !slices.Equal(got, want[i:]) {
				t.Errorf("reader %d: %v", i, err)
			}
		})
	}
	wait.Wait()
}

func TestReadingAllocatesNothing(t *testing.T) {
	for dtype, limit := range map[string]float64{"F16": 0, "BF16": 0, "F32": 0, "F64": 1} {
		f, values := random(t, dtype, 4*chunk)
		if n := testing.AllocsPerRun(5, func() { _ = f.ReadFloat32("a", 0, values) }); n > limit {
			t.Errorf("%s: %v allocations, expected at most %v", dtype, n, limit)
		}
	}
}

func BenchmarkReadFloat32(b *testing.B) {
	for _, dtype := range []string{"F32", "BF16", "F16", "F64"} {
		b.Run(dtype, func(b *testing.B) {
			f, values := random(b, dtype, 1<<24)
			b.SetBytes(int64(4 * len(values)))
			for b.Loop() {
				if err := f.ReadFloat32("a", 0, values); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
