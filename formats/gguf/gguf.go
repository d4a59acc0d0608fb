// Package gguf reads GGUF files, llama.cpp's model format: metadata, tensor headers,
// and tensor data decoded to float32.
//
// Versions 2 and 3, little-endian, are read. Decoded values equal those of the Python
// package gguf (gguf.quants.dequantize, which transformers uses) bit for bit: the same
// float32 operations in the same order, never fused. F32, F16, BF16, Q8_0, Q4_0, Q4_1,
// Q5_0, Q5_1 and Q2_K to Q6_K are decoded; tensors of every other type are listed, and
// refused when they are read.
//
// A file is untrusted input. Open checks all of it but the tensor data: what it
// accepts has unique names, shapes that fit their type's blocks, and data that lies
// aligned, apart from each other's and within the file. It allocates a small multiple
// of the header's size at most, whatever the header claims. Tensor data stays on disk
// until it is asked for, and is read without mapping it, so that a model larger than
// memory costs none.
//
// It isn't for writing. A file that is one part of a split model says so in Split; to
// bring the parts together is the caller's work (formats/checkpoint does it).
//
// Why not a library: github.com/gpustack/gguf-parser-go (v0.28.1) is made for size
// estimates; it decodes no tensor data, doesn't look at the tensors' offsets, takes
// duplicate names, and panics where sizes overflow or a key has another type than
// asked for. github.com/ollama/ollama is a program whose readers follow its releases,
// and leaves decoding to C.
//
// Sources: the format, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; the
// blocks, gguf-py/gguf/quants.py of gguf 0.19.
package gguf

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Tensor is one tensor's header. Shape is row-major, outermost axis first: the
// reverse of the order in the file.
type Tensor struct {
	Name  string
	DType string // "F32", "F16", "BF16", "Q4_1", ...
	Shape []int
}

// File is an open file: its metadata and tensor headers in memory.
type File struct {
	path    string
	data    io.ReaderAt
	closer  io.Closer
	keys    []string
	meta    map[string]any
	split   Split
	tensors []tensor // sorted by name
	buffers sync.Pool
	waited  atomic.Int64 // nanoseconds in reads of data
}

// Waited is how long reads of tensor data have waited for the file, added up over all
// who read.
func (f *File) Waited() time.Duration { return time.Duration(f.waited.Load()) }

// Open reads and checks everything but the tensor data.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: found a %s, expected a GGUF file", path, kind(info.Mode()))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	file, err := parse(path, f, info.Size())
	if err != nil {
		f.Close()
		return nil, err
	}
	file.closer = f
	return file, nil
}

func kind(mode os.FileMode) string {
	if mode.IsDir() {
		return "folder"
	}
	return "special file"
}

// Close closes the file.
func (f *File) Close() error { return f.closer.Close() }

// Path is the file's path as Open got it.
func (f *File) Path() string { return f.path }

// Keys lists the metadata's keys in the file's order.
func (f *File) Keys() []string { return slices.Clone(f.keys) }

// Metadata maps keys to values: string, bool, int8 ... uint64, float32, float64, or
// a slice of one of these ([]string, []float32, []int32, ...; nested arrays []any).
// It is what tokenizer.FromGGUF takes. The caller must not change it.
func (f *File) Metadata() map[string]any { return f.meta }

// Tensors lists the headers, sorted by name.
func (f *File) Tensors() []Tensor {
	list := make([]Tensor, len(f.tensors))
	for i, t := range f.tensors {
		list[i] = Tensor{t.name, t.kind.name, slices.Clone(t.shape)}
	}
	return list
}

func (f *File) lookup(name string) (tensor, bool) {
	i, ok := slices.BinarySearchFunc(f.tensors, name, func(t tensor, name string) int {
		return cmp.Compare(t.name, name)
	})
	if !ok {
		return tensor{}, false
	}
	return f.tensors[i], true
}
