package engine

import (
	"fmt"
	"os"
	"unsafe"
)

// scratch is an unlinked temporary file: what is written there is memory while
// the page cache has room for it and disk after that, and it is gone with the
// process however that ends.
type scratch struct {
	file *os.File
	end  int64
}

func newScratch(dir string) (*scratch, error) {
	f, err := os.CreateTemp(dir, "nugget-scratch-*")
	if err != nil {
		return nil, fmt.Errorf("scratch file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, fmt.Errorf("scratch file: %w", err)
	}
	return &scratch{file: f}, nil
}

func (s *scratch) close() error { return s.file.Close() }

// region is room for one float32 matrix a seed. Different seeds may be read and
// written at the same time.
type region struct {
	file   *os.File
	starts []int64
	sizes  []int // entries of each seed
	width  int
}

// region reserves room for matrices of rows[seed] x width.
func (s *scratch) region(rows []int, width int) region {
	r := region{file: s.file, width: width}
	for _, n := range rows {
		r.starts = append(r.starts, s.end)
		r.sizes = append(r.sizes, n*width)
		s.end += 4 * int64(n) * int64(width)
	}
	return r
}

// write stores a seed's matrix, which comes first in values.
func (r region) write(seed int, values []float32) error {
	return r.writeRows(seed, 0, values[:r.sizes[seed]])
}

// read fetches what write stored into the first entries of dst and zeroes the rest.
func (r region) read(seed int, dst []float32) error {
	n := r.sizes[seed]
	if _, err := r.file.ReadAt(bytesOf(dst[:n]), r.starts[seed]); err != nil {
		return fmt.Errorf("scratch file: %w", err)
	}
	clear(dst[n:])
	return nil
}

// writeRows stores some rows of a seed's matrix, from first on.
func (r region) writeRows(seed, first int, values []float32) error {
	if _, err := r.file.WriteAt(bytesOf(values), r.starts[seed]+4*int64(first)*int64(r.width)); err != nil {
		return fmt.Errorf("scratch file: %w", err)
	}
	return nil
}

// bytesOf views floats as bytes in the machine's own order: the file never leaves
// the machine.
func bytesOf(v []float32) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 4*len(v))
}
