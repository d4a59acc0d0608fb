//go:build cgo && linux && amd64

package engine

import "github.com/gomlx/go-xla/installer"

func installCUDA(folder string) error {
	return installer.CudaInstall("cuda13", "latest", folder, true, installer.Quiet)
}
