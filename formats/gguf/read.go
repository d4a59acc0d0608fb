package gguf

import (
	"fmt"
	"io"
	"time"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/readahead"
)

// chunk is how many bytes are read at a time: large enough to hide the calls, small
// enough to stay in a core's cache until they are decoded.
const chunk = 128 << 10

// ReadFloat32 decodes len(dst) entries of a tensor, from entry first on in
// row-major order; both may lie anywhere in a quantised block. It is safe for
// concurrent use.
func (f *File) ReadFloat32(name string, first int, dst []float32) error {
	t, ok := f.lookup(name)
	if !ok {
		return fmt.Errorf("%s: tensor %q: not found", f.path, name)
	}
	if first < 0 || first > t.entries || len(dst) > t.entries-first {
		return fmt.Errorf("%s: tensor %q: asked for %d entries from %d on, expected them within its %d", f.path, name, len(dst), first, t.entries)
	}
	if t.kind.decode == nil {
		return hint.With(fmt.Errorf("%s: tensor %q: found type %s, which isn't decoded; expected a float type or Q4_0 to Q8_0 or Q2_K to Q6_K", f.path, name, t.kind.name),
			"use the model's HuggingFace folder or another quantisation of it")
	}
	if err := f.decode(t, first, dst); err != nil {
		return fmt.Errorf("%s: tensor %q: %w", f.path, name, err)
	}
	return nil
}

// Foresee says that a tensor will be read soon.
func (f *File) Foresee(name string) {
	if t, ok := f.lookup(name); ok {
		readahead.Advise(f.data, t.start, t.bytes)
	}
}

func (f *File) decode(t tensor, first int, dst []float32) error {
	buffer := f.buffers.Get().(*[chunk]byte)
	defer f.buffers.Put(buffer)
	k := t.kind
	at := t.start + int64(first/k.block)*int64(k.bytes)
	for skip := first % k.block; len(dst) > 0; {
		blocks := min((skip+len(dst)+k.block-1)/k.block, chunk/k.bytes)
		src := buffer[:blocks*k.bytes]
		if err := f.read(src, at); err != nil {
			return err
		}
		at += int64(len(src))
		if skip > 0 {
			n := decodePart(k, dst, src, skip)
			dst, src, skip = dst[n:], src[k.bytes:], 0
		}
		whole := min(len(dst)/k.block, len(src)/k.bytes)
		k.decode(dst[:whole*k.block], src[:whole*k.bytes])
		dst, src = dst[whole*k.block:], src[whole*k.bytes:]
		if len(src) > 0 {
			dst = dst[decodePart(k, dst, src, 0):]
		}
	}
	return nil
}

// decodePart decodes what dst has room for of src's first block, from entry skip on,
// and returns how many entries that is.
func decodePart(k dtype, dst []float32, src []byte, skip int) int {
	var block [maxBlock]float32
	k.decode(block[:k.block], src[:k.bytes])
	return copy(dst, block[skip:k.block])
}

func (f *File) read(b []byte, at int64) error {
	began := time.Now()
	n, err := f.data.ReadAt(b, at)
	f.waited.Add(int64(time.Since(began)))
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		return fmt.Errorf("found %d bytes from byte %d on, expected %d: the file has changed since it was opened", n, at, len(b))
	}
	return err
}
