//go:build cgo && !(linux && amd64)

package engine

import (
	"fmt"
	"runtime"
)

func installCUDA(string) error {
	return fmt.Errorf("there is none for %s/%s", runtime.GOOS, runtime.GOARCH)
}
