//go:build !cgo

package engine

import (
	"context"
	"errors"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// xlaBuilt reports whether PJRT libraries can be loaded.
const xlaBuilt = false

func trimMalloc() {}

func openXLA(string, Options) (*device, error) { return nil, noXLA() }

func install(context.Context, string) (string, error) { return "", noXLA() }

func noXLA() error {
	return hint.With(errors.New("backend xla: this nugget was built without cgo"),
		"build it with CGO_ENABLED=1, or use the backend go")
}
