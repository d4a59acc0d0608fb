// Package readahead tells the system which part of a file will be read soon, so that a
// disk is at work while the processor is at the part before.
//
// It is advice: nothing fails and nothing waits. Where the system takes none, nothing
// happens.
package readahead

import "io"

// Advise says that size bytes from offset on will be read. file is an *os.File, or else
// there is nothing to advise.
func Advise(file io.ReaderAt, offset, size int64) {
	if f, ok := file.(interface{ Fd() uintptr }); ok && size > 0 {
		advise(f.Fd(), offset, size)
	}
}
