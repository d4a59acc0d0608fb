//go:build cgo

package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/gomlx/go-xla/installer"
	"github.com/gomlx/go-xla/pjrt"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// install runs go-xla's installer, which knows no context: when ctx ends, so does
// the wait for it.
func install(ctx context.Context, kind string) (string, error) {
	lib, err := installer.DefaultHomeLibPath()
	if err != nil {
		return "", fmt.Errorf("backend xla: %w", err)
	}
	folder := filepath.Join(lib, "go-xla")
	var run func() error
	switch kind {
	case "cpu":
		run = func() error {
			return installer.CPUInstall(runtime.GOOS+"_"+runtime.GOARCH, pjrt.DefaultCPUVersion, folder, true, installer.Quiet)
		}
	case "cuda":
		run = func() error { return installCUDA(folder) }
	default:
		return "", hint.With(fmt.Errorf("backend %q cannot be installed", kind), "cpu or cuda")
	}
	done := make(chan error, 1)
	go func() { done <- run() }()
	select {
	case err = <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("backend xla: install %s: %w", kind, err)
	}
	return folder, nil
}
