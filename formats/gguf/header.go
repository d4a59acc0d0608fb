package gguf

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/neuralnuggets/nugget/formats/hint"
)

const (
	defaultAlignment = 32
	alignmentKey     = "general.alignment"

	// The least bytes that a metadata pair and a tensor's header take: what limits
	// the counts that a header may claim.
	minPair   = 8 + 1 + 4 + 1
	minHeader = 8 + 1 + 4 + 4 + 8
)

// parse reads the header of a file of the given size. Errors name path.
func parse(path string, data io.ReaderAt, size int64) (*File, error) {
	f := &File{path: path, data: data}
	f.buffers.New = func() any { return new([chunk]byte) }
	if err := f.readHeader(newCursor(data, size), size); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func (f *File) readHeader(c *cursor, size int64) error {
	if err := readMagic(c); err != nil {
		return err
	}
	tensors, err := c.count("tensors", minHeader)
	if err != nil {
		return err
	}
	pairs, err := c.count("metadata pairs", minPair)
	if err != nil {
		return err
	}
	if err := f.readMetadata(c, pairs); err != nil {
		return err
	}
	if err := f.readSplit(); err != nil {
		return err
	}
	alignment, err := f.alignment()
	if err != nil {
		return err
	}
	return f.readTensors(c, tensors, alignment, size)
}

func readMagic(c *cursor) error {
	b, err := c.peek(8)
	if err != nil {
		return fmt.Errorf("found %d bytes, expected a GGUF file", c.limit)
	}
	switch magic, version := string(b[:4]), binary.LittleEndian.Uint32(b[4:]); {
	case string(b) == "version ":
		return hint.With(fmt.Errorf("found a Git LFS pointer, expected a GGUF file"), "fetch the file itself: git lfs pull")
	case magic == "FUGG", magic == "GGUF" && version != 0 && version&0xffff == 0:
		return hint.With(fmt.Errorf("found a big-endian GGUF file, expected a little-endian one"),
			"convert it: gguf-convert-endian of the Python package gguf")
	case magic != "GGUF":
		return fmt.Errorf("found %q as the first bytes, expected \"GGUF\"", magic)
	case version == 1:
		return hint.With(fmt.Errorf("found GGUF version 1, expected 2 or 3"), "convert the model again: version 1 was in use for a few weeks of 2023")
	case version != 2 && version != 3:
		return fmt.Errorf("found GGUF version %d, expected 2 or 3", version)
	}
	return c.skip(8)
}

// alignment is what the tensors' offsets are multiples of.
func (f *File) alignment() (int64, error) {
	value, ok := f.meta[alignmentKey]
	if !ok {
		return defaultAlignment, nil
	}
	a, ok := value.(uint32)
	if !ok {
		return 0, fmt.Errorf("metadata key %q: found a value of type %T, expected uint32", alignmentKey, value)
	}
	if a == 0 || a&(a-1) != 0 {
		return 0, fmt.Errorf("metadata key %q: found %d, expected a power of two", alignmentKey, a)
	}
	return int64(a), nil
}
