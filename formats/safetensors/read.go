package safetensors

import (
	"fmt"
	"io"
	"time"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/readahead"
)

// chunk is how many entries are read and decoded at a time, few enough to stay in
// a core's cache in between.
const chunk = 1 << 15

// ReadFloat32 decodes len(dst) entries of a float tensor, from entry first on in
// row-major order. It is safe for concurrent use.
func (f *File) ReadFloat32(name string, first int, dst []float32) error {
	e, ok := f.entries[name]
	if !ok {
		return fmt.Errorf("%s: has no tensor %q", f.path, name)
	}
	if e.dtype.decode == nil {
		return hint.With(fmt.Errorf("%s: tensor %q: found type %s, expected F16, BF16, F32 or F64", f.path, name, e.DType),
			"use the model's unquantised version, or a GGUF file")
	}
	if first < 0 || first > e.count || len(dst) > e.count-first {
		return fmt.Errorf("%s: tensor %q: entries %d to %d were asked for, it has %d", f.path, name, first, first+len(dst), e.count)
	}
	if err := f.read(e, first, dst); err != nil {
		return fmt.Errorf("%s: tensor %q: %w", f.path, name, err)
	}
	return nil
}

// Foresee says that a tensor will be read soon.
func (f *File) Foresee(name string) {
	if e, ok := f.entries[name]; ok {
		readahead.Advise(f.file, e.begin, e.end-e.begin)
	}
}

// read reads the elements of a chunk into the end of the memory that they are
// decoded to, so that no buffer is needed unless they are wider than a float32.
func (f *File) read(e entry, first int, dst []float32) error {
	width := e.dtype.bits / 8
	offset := e.begin + int64(first)*int64(width)
	if width == 4 && littleEndian() {
		return f.readAt(memory(dst), offset)
	}
	var wide []byte
	if width > 4 {
		wide = make([]byte, min(len(dst), chunk)*width)
	}
	for len(dst) > 0 {
		part := dst[:min(len(dst), chunk)]
		raw := wide
		if width <= 4 {
			raw = memory(part)[(4-width)*len(part):]
		}
		raw = raw[:len(part)*width]
		if err := f.readAt(raw, offset); err != nil {
			return err
		}
		e.dtype.decode(part, raw)
		dst, offset = dst[len(part):], offset+int64(len(raw))
	}
	return nil
}

func (f *File) readAt(b []byte, offset int64) error {
	began := time.Now()
	n, err := f.file.ReadAt(b, offset)
	f.waited.Add(int64(time.Since(began)))
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		return fmt.Errorf("the file ends at byte %d: it has become shorter since it was opened", offset+int64(n))
	}
	return err
}
