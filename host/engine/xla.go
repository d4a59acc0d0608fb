//go:build cgo

package engine

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-logr/logr"
	"github.com/gomlx/go-xla/compute/xla"
	"k8s.io/klog/v2"
)

// go-xla fetches a PJRT library by itself and logs to stderr. Here the first is the
// user's to ask for, and what is worth saying comes back as an error.
func init() {
	xla.EnableAutoInstall(false)
	klog.SetLogger(logr.Discard())
}

// xlaBuilt reports whether PJRT libraries can be loaded.
const xlaBuilt = true

// openXLA starts XLA. config is a kind of library ("cpu", "cuda"), a library's path,
// or "" for the best that is found, and may be followed by go-xla's options.
func openXLA(config string, opts Options) (*device, error) {
	name, options, _ := strings.Cut(config, ",")
	path := name
	if !strings.ContainsRune(name, filepath.Separator) {
		l, err := findLibrary(name)
		if err != nil {
			return nil, err
		}
		path = l.path
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("backend xla: %w", err)
	}
	config = path
	if kindOf(path) == "cuda" && !strings.Contains(options, "tf32") {
		config += ",tf32=false" // its products keep 10 bits of 23
	}
	if options != "" {
		config += "," + options
	}
	tuneMalloc()
	b, err := startXLA(config)
	if err != nil {
		return nil, fmt.Errorf("backend xla: %s: %w", path, err)
	}
	return newDevice(b, "xla:"+path, false, opts)
}

// startXLA turns go-xla's panics, of which a library that does not load can cause
// some, into errors.
func startXLA(config string) (b *xla.Backend, err error) {
	defer recovered(&err, "start")
	return xla.NewWithOptions(config, nil)
}
