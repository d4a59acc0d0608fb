//go:build amd64 && !linux

package fused

// amxAllowed: how other systems hand out the tile registers is not known here.
func amxAllowed() bool { return false }
