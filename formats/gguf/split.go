package gguf

import (
	"fmt"
	"math"
)

// The metadata keys of a part of a split model, as llama.cpp's gguf-split and the Python
// package gguf write them. The rest of the metadata is the first part's alone.
const (
	splitNoKey      = "split.no"
	splitCountKey   = "split.count"
	splitTensorsKey = "split.tensors.count"
)

// Split says which part of a split model a file is.
type Split struct {
	No, Count int // the part, from 0 on, and how many there are; 0 of 1 is a whole model
	Tensors   int // of all parts together; -1: the file doesn't say
}

// Split is what the file says of itself; it is no promise of the other parts.
func (f *File) Split() Split { return f.split }

func (f *File) readSplit() error {
	f.split = Split{Count: 1, Tensors: -1}
	count, err := f.splitNumber(splitCountKey)
	if err != nil || count <= 1 {
		return err // nothing or 0 is said of a whole model
	}
	no, err := f.splitNumber(splitNoKey)
	if err != nil {
		return err
	}
	if no < 0 {
		return fmt.Errorf("metadata key %q: not found, but %q is %d", splitNoKey, splitCountKey, count)
	}
	if no >= count {
		return fmt.Errorf("metadata key %q: found %d, expected 0 to %d, as %q is %d", splitNoKey, no, count-1, splitCountKey, count)
	}
	tensors, err := f.splitNumber(splitTensorsKey)
	f.split = Split{no, count, tensors}
	return err
}

// splitNumber is -1 where the key isn't there.
func (f *File) splitNumber(key string) (int, error) {
	value, ok := f.meta[key]
	if !ok {
		return -1, nil
	}
	n := int64(-1)
	switch v := value.(type) {
	case uint16:
		n = int64(v)
	case int16:
		n = int64(v)
	case uint32:
		n = int64(v)
	case int32:
		n = int64(v)
	default:
		return 0, fmt.Errorf("metadata key %q: found a value of type %T, expected uint16 or int32", key, value)
	}
	if n < 0 || n > math.MaxInt32 {
		return 0, fmt.Errorf("metadata key %q: found %d, expected 0 to %d", key, n, math.MaxInt32)
	}
	return int(n), nil
}
