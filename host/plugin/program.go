package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// program is a plugin's file, or a plugin that its author runs.
type program struct {
	name  string // "nugget-arch-<family>"
	path  string // absolute, or the address
	given bool   // named with --plugin or --debug-plugin

	attached *address // of a plugin that its author runs; nil: a file

	sum func() ([]byte, error) // SHA-256, taken once

	asking chan struct{} // holds a token while Info is asked
	told   *identity     // nil: not asked yet, or err
	err    error
}

// newProgram looks at a file, without reading it.
func newProgram(path string) (*program, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("no such file")
	case err != nil:
		return nil, reason(err)
	case info.IsDir():
		return nil, errors.New("is a folder, expected a program")
	case !info.Mode().IsRegular():
		return nil, errors.New("is no regular file, expected a program")
	case runtime.GOOS != "windows" && info.Mode()&0o111 == 0:
		return nil, errors.New("is not executable")
	}
	name, _ := programName(filepath.Base(path))
	return &program{
		name:   name,
		path:   path,
		sum:    sync.OnceValues(func() ([]byte, error) { return hashFile(path) }),
		asking: make(chan struct{}, 1),
	}, nil
}

// hash is the program's SHA-256 in hex.
func (p *program) hash() (string, error) {
	sum, err := p.sum()
	return hex.EncodeToString(sum), err
}

func hashFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", reason(err))
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, fmt.Errorf("cannot be read: %w", reason(err))
	}
	return h.Sum(nil), nil
}

// reason is an error of the file system without the path, which is said already.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
