package engine

import (
	"fmt"
	"os"
	"strings"

	"github.com/gomlx/compute/gobackend"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/engine/ops"
	"github.com/neuralnuggets/nugget/host/engine/product"
)

// openBackend starts the one that the options ask for.
func openBackend(opts Options) (*device, error) {
	name, where := opts.Backend, "backend"
	if name == "" {
		name, where = os.Getenv("GOMLX_BACKEND"), "GOMLX_BACKEND"
	}
	kind, config, _ := strings.Cut(name, ":")
	switch kind {
	case "", "auto":
		return openBest(opts)
	case "go":
		if config != "" {
			return nil, hint.With(fmt.Errorf("%s %q: the pure Go backend takes no options here", where, name), `write "go"`)
		}
		return openGo(opts)
	case "xla", "stablehlo", "hlo", "shlo":
		return openXLA(config, opts)
	}
	return nil, hint.With(fmt.Errorf("%s %q is unknown", where, name),
		"one of go, xla, xla:cuda, xla:/path/to/pjrt_plugin.so, auto; nugget backends lists what is there")
}

// openBest takes XLA where a library for it is there, else pure Go.
func openBest(opts Options) (*device, error) {
	if len(libraries()) == 0 {
		return openGo(opts)
	}
	d, err := openXLA("", opts)
	if err == nil {
		return d, nil
	}
	opts.warn("XLA does not start, pure Go is used instead: " + err.Error())
	return openGo(opts)
}

// openGo starts the pure Go backend with one operation after another: in its default
// configuration it deadlocks on few cores. Seeds, and tiles of S, run side by side
// instead.
func openGo(opts Options) (*device, error) {
	if !product.Install() && slowProducts {
		opts.warn("this build multiplies matrices about ten times slower than it could: build nugget with GOEXPERIMENT=simd")
	}
	ops.Install() // elsewhere GoMLX's own loops do the same, slower
	b, err := gobackend.New("ops_sequential")
	if err != nil {
		return nil, fmt.Errorf("the pure Go backend: %w", err)
	}
	return newDevice(b, "go", true, opts)
}

func (o Options) warn(line string) {
	if o.Warn != nil {
		o.Warn(line)
	}
}
