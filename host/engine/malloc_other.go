//go:build cgo && !linux

package engine

func tuneMalloc() {}

func trimMalloc() {}
