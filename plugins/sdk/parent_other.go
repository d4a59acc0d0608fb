//go:build !unix && !windows

package sdk

// watchParent does nothing where a process cannot tell that its parent is gone.
func watchParent() {}
