// Package pinned says whether the GoMLX that is built in is the release whose inside
// host/engine/product and host/engine/ops reach into. With any other they leave the pure Go
// backend as it is.
package pinned

import "runtime/debug"

const (
	module = "github.com/gomlx/compute"
	tested = "v0.1.4"
)

// Tested reports whether no other release of GoMLX was built in.
func Tested() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, d := range info.Deps {
		if d.Path == module {
			return d.Version == tested && d.Replace == nil
		}
	}
	return true // a test's binary names no modules
}
