package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/neuralnuggets/nugget/formats/hint"
)

const (
	lengthBytes = 8           // a file begins with the header's length
	maxHeader   = 100_000_000 // bytes, as in the reference implementation
	again       = "the file is damaged or not a safetensors file: download or copy it again"
)

// headerBytes reads the header of a file of so many bytes.
func headerBytes(f io.ReaderAt, size int64) ([]byte, error) {
	if size == 0 {
		return nil, hint.With(errors.New("is empty"), again)
	}
	if size < lengthBytes {
		return nil, hint.With(fmt.Errorf("has %d bytes, expected at least %d: the header's length", size, lengthBytes), again)
	}
	var length [lengthBytes]byte
	if _, err := f.ReadAt(length[:], 0); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || n > uint64(size-lengthBytes) {
		if err := foreign(f); err != nil {
			return nil, err
		}
	}
	if n > maxHeader {
		return nil, hint.With(fmt.Errorf("header length: found %d bytes, expected at most %d", n, maxHeader), again)
	}
	if n > uint64(size-lengthBytes) {
		return nil, hint.With(fmt.Errorf("is truncated: the header has %d bytes, the file %d", n, size), again)
	}
	raw := make([]byte, n)
	if _, err := f.ReadAt(raw, lengthBytes); err != nil && err != io.EOF {
		return nil, err
	}
	return raw, nil
}

// foreign names the kind of file that often lies where a safetensors file should.
func foreign(f io.ReaderAt) error {
	var start [64]byte
	n, err := f.ReadAt(start[:], 0)
	if err != nil && err != io.EOF {
		return err
	}
	switch s := string(start[:n]); {
	case strings.HasPrefix(s, "version https://git-lfs"):
		return hint.With(errors.New("is a Git LFS pointer, not the tensors"), "fetch the tensors with: git lfs pull")
	case strings.HasPrefix(s, "GGUF"):
		return hint.With(errors.New("is a GGUF file, not a safetensors file"), "give the file a name that ends in .gguf")
	case strings.HasPrefix(s, "PK\x03\x04"), strings.HasPrefix(s, "\x80\x02"):
		return hint.With(errors.New("is a PyTorch file, not a safetensors file"), "load it with transformers and save_pretrained it as safetensors")
	case strings.HasPrefix(strings.ToLower(strings.TrimSpace(s)), "<!doctype html"), strings.HasPrefix(s, "<html"):
		return hint.With(errors.New("is a web page, not a safetensors file"), "download it again, from the model's \"resolve\" address")
	}
	return nil
}
