//go:build !amd64

package product

func available() bool { return false }

func avx2Tile(*float32, int, *float32, int, *float32, int, bool) { panic("no kernel") }

func avx2Turn(_, _ *float32, _, _ int) { panic("no kernel") }
