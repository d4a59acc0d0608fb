//go:build !linux

package readahead

func advise(uintptr, int64, int64) {}
