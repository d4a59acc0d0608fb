package gguf

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf8"
)

const (
	// maxHeader limits metadata and tensor headers together. The largest known, with
	// vocabularies of a quarter million tokens, take 20 MB.
	maxHeader = 256 << 20
	// maxName is the format's limit of a key's length. llama.cpp's own limit of 64
	// bytes for a tensor's name isn't kept by the Python writer.
	maxName = 65535
)

// A cursor reads a header from front to back and knows how much of it can be left.
type cursor struct {
	r     *bufio.Reader
	at    int64
	limit int64 // the file's size, or maxHeader if that is less
	size  int64
}

func newCursor(data io.ReaderAt, size int64) *cursor {
	limit := min(size, maxHeader)
	return &cursor{r: bufio.NewReaderSize(io.NewSectionReader(data, 0, limit), 1<<16), limit: limit, size: size}
}

// left is the number of bytes before the limit.
func (c *cursor) left() uint64 { return uint64(c.limit - c.at) }

// short says that need bytes at this place are more than are left.
func (c *cursor) short(need uint64, what string) error {
	if c.limit < c.size {
		return fmt.Errorf("found %s of %d bytes at byte %d, expected a header of %d bytes at most", what, need, c.at, int64(maxHeader))
	}
	return fmt.Errorf("found %d bytes after byte %d, expected %s of %d bytes: the file is cut off or its header wrong", c.left(), c.at, what, need)
}

// peek returns the next n bytes, at most the buffer's size, until the next call.
func (c *cursor) peek(n int) ([]byte, error) {
	if uint64(n) > c.left() {
		return nil, c.short(uint64(n), "a value")
	}
	b, err := c.r.Peek(n)
	if err != nil {
		return nil, fmt.Errorf("byte %d: %w", c.at, err)
	}
	return b, nil
}

func (c *cursor) skip(n int) error {
	n, err := c.r.Discard(n)
	c.at += int64(n)
	return err
}

func (c *cursor) uint32() (uint32, error) {
	b, err := c.peek(4)
	if err != nil {
		return 0, err
	}
	v := binary.LittleEndian.Uint32(b)
	return v, c.skip(4)
}

func (c *cursor) uint64() (uint64, error) {
	b, err := c.peek(8)
	if err != nil {
		return 0, err
	}
	v := binary.LittleEndian.Uint64(b)
	return v, c.skip(8)
}

// count reads the number of things that take at least least bytes each.
func (c *cursor) count(things string, least int) (int, error) {
	n, err := c.uint64()
	if err != nil {
		return 0, fmt.Errorf("number of %s: %w", things, err)
	}
	if most := c.left() / uint64(least); n > most {
		return 0, fmt.Errorf("found %d %s, expected at most %d in the %d bytes that follow", n, things, most, c.left())
	}
	return int(n), nil
}

// string reads a length and that many bytes of UTF-8.
func (c *cursor) string() (string, error) {
	n, err := c.uint64()
	if err != nil {
		return "", err
	}
	if n > c.left() {
		return "", c.short(n, "a string")
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(c.r, b); err != nil {
		return "", fmt.Errorf("byte %d: %w", c.at, err)
	}
	if !utf8.Valid(b) {
		return "", fmt.Errorf("found invalid UTF-8 in the string at byte %d", c.at)
	}
	c.at += int64(n)
	return string(b), nil
}

// name reads a key or a tensor's name.
func (c *cursor) name() (string, error) {
	at := c.at
	s, err := c.string()
	if err == nil && (s == "" || len(s) > maxName) {
		err = fmt.Errorf("found a name of %d bytes at byte %d, expected 1 to %d", len(s), at, maxName)
	}
	return s, err
}
