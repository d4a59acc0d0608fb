//go:build goexperiment.simd && amd64

package ops

import "simd/archsimd"

func add(dst, a, b []float32) {
	if len(a) == 1 {
		a, b = b, a
	}
	if len(b) == 1 {
		addOne(dst, a, b)
		return
	}
	whole := len(dst) &^ (lanes - 1)
	a, b = a[:len(dst)], b[:len(dst)]
	for i := 0; i < whole; i += lanes {
		load(a, i).Add(load(b, i)).StoreSlice(dst[i : i+lanes])
	}
	archsimd.ClearAVXUpperBits()
	portableAdd(dst[whole:], a[whole:], b[whole:])
}

func addOne(dst, a, b []float32) {
	whole := len(dst) &^ (lanes - 1)
	c := archsimd.BroadcastFloat32x8(b[0])
	a = a[:len(dst)]
	for i := 0; i < whole; i += lanes {
		load(a, i).Add(c).StoreSlice(dst[i : i+lanes])
	}
	archsimd.ClearAVXUpperBits()
	portableAdd(dst[whole:], a[whole:], b)
}

func mul(dst, a, b []float32) {
	if len(a) == 1 {
		a, b = b, a
	}
	if len(b) == 1 {
		mulOne(dst, a, b)
		return
	}
	whole := len(dst) &^ (lanes - 1)
	a, b = a[:len(dst)], b[:len(dst)]
	for i := 0; i < whole; i += lanes {
		load(a, i).Mul(load(b, i)).StoreSlice(dst[i : i+lanes])
	}
	archsimd.ClearAVXUpperBits()
	portableMul(dst[whole:], a[whole:], b[whole:])
}

func mulOne(dst, a, b []float32) {
	whole := len(dst) &^ (lanes - 1)
	c := archsimd.BroadcastFloat32x8(b[0])
	a = a[:len(dst)]
	for i := 0; i < whole; i += lanes {
		load(a, i).Mul(c).StoreSlice(dst[i : i+lanes])
	}
	archsimd.ClearAVXUpperBits()
	portableMul(dst[whole:], a[whole:], b)
}

func sub(dst, a, b []float32) {
	switch {
	case len(b) == 1 && len(a) == 1:
		portableSub(dst, a, b)
		return
	case len(b) == 1:
		subOne(dst, a, b)
		return
	case len(a) == 1:
		subFrom(dst, a, b)
		return
	}
	whole := len(dst) &^ (lanes - 1)
	a, b = a[:len(dst)], b[:len(dst)]
	for i := 0; i < whole; i += lanes {
		load(a, i).Sub(load(b, i)).StoreSlice(dst[i : i+lanes])
	}
	archsimd.ClearAVXUpperBits()
	portableSub(dst[whole:], a[whole:], b[whole:])
}

func subOne(dst, a, b []float32) {
	whole := len(dst) &^ (lanes - 1)
	c := archsimd.BroadcastFloat32x8(b[0])
	a = a[:len(dst)]
	for i := 0; i < whole; i += lanes {
		load(a, i).Sub(c).StoreSlice(dst[i : i+lanes])
	}
	archsimd.ClearAVXUpperBits()
	portableSub(dst[whole:], a[whole:], b)
}

func subFrom(dst, a, b []float32) {
	whole := len(dst) &^ (lanes - 1)
	c := archsimd.BroadcastFloat32x8(a[0])
	b = b[:len(dst)]
	for i := 0; i < whole; i += lanes {
		c.Sub(load(b, i)).StoreSlice(dst[i : i+lanes])
	}
	archsimd.ClearAVXUpperBits()
	portableSub(dst[whole:], a, b[whole:])
}

func div(dst, a, b []float32) {
	switch {
	case len(b) == 1 && len(a) == 1:
		portableDiv(dst, a, b)
		return
	case len(b) == 1:
		divOne(dst, a, b)
		return
	case len(a) == 1:
		divFrom(dst, a, b)
		return
	}
	whole := len(dst) &^ (lanes - 1)
	a, b = a[:len(dst)], b[:len(dst)]
	for i := 0; i < whole; i += lanes {
		load(a, i).Div(load(b, i)).StoreSlice(dst[i : i+lanes])
	}
	archsimd.ClearAVXUpperBits()
	portableDiv(dst[whole:], a[whole:], b[whole:])
}

func divOne(dst, a, b []float32) {
	whole := len(dst) &^ (lanes - 1)
	c := archsimd.BroadcastFloat32x8(b[0])
	a = a[:len(dst)]
	for i := 0; i < whole; i += lanes {
		load(a, i).Div(c).StoreSlice(dst[i : i+lanes])
	}
	archsimd.ClearAVXUpperBits()
	portableDiv(dst[whole:], a[whole:], b)
}

func divFrom(dst, a, b []float32) {
	whole := len(dst) &^ (lanes - 1)
	c := archsimd.BroadcastFloat32x8(a[0])
	b = b[:len(dst)]
	for i := 0; i < whole; i += lanes {
		c.Div(load(b, i)).StoreSlice(dst[i : i+lanes])
	}
	archsimd.ClearAVXUpperBits()
	portableDiv(dst[whole:], a, b[whole:])
}
