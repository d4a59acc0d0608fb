package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// How large files may be that are read as a whole.
const (
	maxConfig    = 16 << 20
	maxIndex     = 256 << 20
	maxTokenizer = 1 << 30
)

// readFile reads a regular file of at most limit bytes, and not an empty one. The
// error doesn't name the file.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, cause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a regular file")
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("has %d bytes, expected at most %d", info.Size(), limit)
	}
	if info.Size() == 0 {
		return nil, hint.With(errors.New("is empty"), "download or copy it again")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, cause(err)
	}
	return data, nil
}

// cause is a file's error without its path.
func cause(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}

// exists reports whether there is something under path that can be opened.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// list names a folder's entries, sorted.
func list(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}
