package seeds

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds a line, so that a file of another kind doesn't fill the memory.
const maxLine = 64 << 20

// lines reads the lines that aren't blank.
type lines struct {
	r      *bufio.Reader
	buffer []byte
	number int // of the line just read, from 1
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReaderSize(r, 1<<16)} }

// next returns a line without the space around it, or io.EOF. The line is valid
// until the next call.
func (l *lines) next() ([]byte, error) {
	for {
		line, err := l.read()
		if err != nil {
			return nil, err
		}
		if l.number == 1 {
			line = bytes.TrimPrefix(line, []byte("\uFEFF"))
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
	}
}

// read returns a line with its end.
func (l *lines) read() ([]byte, error) {
	l.buffer = l.buffer[:0]
	l.number++
	for {
		part, err := l.r.ReadSlice('\n')
		l.buffer = append(l.buffer, part...)
		switch {
		case len(l.buffer) > maxLine:
			return nil, fmt.Errorf("has more than %d bytes", maxLine)
		case err == nil, err == io.EOF && len(l.buffer) > 0:
			return l.buffer, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}
