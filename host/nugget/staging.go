package main

import (
	"os"
	"runtime"
	"sync"
)

// staging is the outputs in the making, for whoever has to end at once.
type staging struct {
	mu      sync.Mutex
	outputs map[*output]bool
}

func (s *staging) add(o *output) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outputs == nil {
		s.outputs = map[*output]bool{}
	}
	s.outputs[o] = true
}

// drop takes an output out; it reports whether it was still there.
func (s *staging) drop(o *output) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	there := s.outputs[o]
	delete(s.outputs, o)
	return there
}

// removeAll removes all outputs in the making.
func (s *staging) removeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for o := range s.outputs {
		o.remove()
	}
	s.outputs = nil
}

// syncPath puts one file or folder on the disk.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.IsDir() && runtime.GOOS == "windows" {
		return err // Windows syncs no folders
	}
	return f.Sync()
}
