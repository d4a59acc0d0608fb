// Package safetensors reads and writes safetensors files.
//
// Open reads the header alone and checks it at least as strictly as the Python
// package (0.8) does: what Open accepts, Python accepts, with the same names, types
// and shapes. Beyond Python it refuses names, fields and metadata keys that come
// twice. Tensor data is read when it is asked for, with ReadAt: mapped pages would
// count as the program's memory, and a file that shrinks would kill it.
//
// Float tensors (F16, BF16, F32, F64) are decoded to float32. Tensors of other types
// are listed, but not read.
//
// The writers make F32, F16 and BF16 tensors, rounded as torch rounds. A changed copy of a
// file keeps its header: Head, then each tensor of InOrder, Raw or changed.
//
// The writer's header comes from github.com/nlpodyssey/safetensors. Its reader isn't
// used, because it is wrong on these cases: it needs the whole file in memory; a
// file with one F8, F4, F6 or C64 tensor is refused as a whole; of names that come
// twice it keeps one and says nothing; bytes that aren't UTF-8 and lone surrogates
// become U+FFFD, so that two names may become one.
package safetensors

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Tensor is one tensor's header. Shape is row-major, outermost axis first.
type Tensor struct {
	Name  string
	DType string // as the file spells it: "F32", "BF16", "I64", ...
	Shape []int
}

// File is an open file: its header in memory, its tensors on disk.
type File struct {
	file     contents
	path     string
	tensors  []Tensor
	entries  map[string]entry
	start    int64 // where the data begins
	metadata map[string]string
	waited   atomic.Int64 // nanoseconds in reads of data
}

// Waited is how long reads of tensor data have waited for the file, added up over all
// who read.
func (f *File) Waited() time.Duration { return time.Duration(f.waited.Load()) }

// contents is an open file, or what tests put in its place.
type contents interface {
	io.ReaderAt
	io.Closer
}

// Open reads and checks the header of the file at path. It touches no tensor data.
func Open(path string) (*File, error) {
	// Opening a named pipe would wait for a writer, so ask first.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{file: file, path: path}
	if err := f.readHeader(info.Size()); err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// readHeader fills in f from the header of a file of so many bytes.
func (f *File) readHeader(size int64) error {
	raw, err := headerBytes(f.file, size)
	if err != nil {
		return err
	}
	h, err := parseHeader(raw)
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	start := int64(lengthBytes + len(raw))
	if err := h.checkLayout(size - start); err != nil {
		return err
	}
	f.metadata, f.start = h.metadata, start
	f.entries = h.at(start)
	f.tensors = make([]Tensor, len(h.entries))
	for i, e := range h.entries {
		f.tensors[i] = e.Tensor
	}
	slices.SortFunc(f.tensors, func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Path is the file's path as Open got it.
func (f *File) Path() string { return f.path }

// Tensors lists the headers, sorted by name.
func (f *File) Tensors() []Tensor { return slices.Clone(f.tensors) }

// Metadata is the header's __metadata__; nil: none.
func (f *File) Metadata() map[string]string { return maps.Clone(f.metadata) }
