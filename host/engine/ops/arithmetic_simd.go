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
	d := eights(dst)
	x, y := eights(a)[:len(d)], eights(b)[:len(d)]
	for i := range d {
		archsimd.LoadFloat32x8(&x[i]).Add(archsimd.LoadFloat32x8(&y[i])).Store(&d[i])
	}
	archsimd.ClearAVXUpperBits()
	whole := lanes * len(d)
	portableAdd(dst[whole:], a[whole:len(dst)], b[whole:len(dst)])
}

func addOne(dst, a, b []float32) {
	d := eights(dst)
	x, c := eights(a)[:len(d)], archsimd.BroadcastFloat32x8(b[0])
	for i := range d {
		archsimd.LoadFloat32x8(&x[i]).Add(c).Store(&d[i])
	}
	archsimd.ClearAVXUpperBits()
	whole := lanes * len(d)
	portableAdd(dst[whole:], a[whole:len(dst)], b)
}

func mul(dst, a, b []float32) {
	if len(a) == 1 {
		a, b = b, a
	}
	if len(b) == 1 {
		mulOne(dst, a, b)
		return
	}
	d := eights(dst)
	x, y := eights(a)[:len(d)], eights(b)[:len(d)]
	for i := range d {
		archsimd.LoadFloat32x8(&x[i]).Mul(archsimd.LoadFloat32x8(&y[i])).Store(&d[i])
	}
	archsimd.ClearAVXUpperBits()
	whole := lanes * len(d)
	portableMul(dst[whole:], a[whole:len(dst)], b[whole:len(dst)])
}

func mulOne(dst, a, b []float32) {
	d := eights(dst)
	x, c := eights(a)[:len(d)], archsimd.BroadcastFloat32x8(b[0])
	for i := range d {
		archsimd.LoadFloat32x8(&x[i]).Mul(c).Store(&d[i])
	}
	archsimd.ClearAVXUpperBits()
	whole := lanes * len(d)
	portableMul(dst[whole:], a[whole:len(dst)], b)
}

func sub(dst, a, b []float32) {
	switch {
	case len(b) == 1:
		subOne(dst, a, b)
		return
	case len(a) == 1:
		subFrom(dst, a, b)
		return
	}
	d := eights(dst)
	x, y := eights(a)[:len(d)], eights(b)[:len(d)]
	for i := range d {
		archsimd.LoadFloat32x8(&x[i]).Sub(archsimd.LoadFloat32x8(&y[i])).Store(&d[i])
	}
	archsimd.ClearAVXUpperBits()
	whole := lanes * len(d)
	portableSub(dst[whole:], a[whole:len(dst)], b[whole:len(dst)])
}

func subOne(dst, a, b []float32) {
	d := eights(dst)
	x, c := eights(a)[:len(d)], archsimd.BroadcastFloat32x8(b[0])
	for i := range d {
		archsimd.LoadFloat32x8(&x[i]).Sub(c).Store(&d[i])
	}
	archsimd.ClearAVXUpperBits()
	whole := lanes * len(d)
	portableSub(dst[whole:], a[whole:len(dst)], b)
}

func subFrom(dst, a, b []float32) {
	d := eights(dst)
	x, c := eights(b)[:len(d)], archsimd.BroadcastFloat32x8(a[0])
	for i := range d {
		c.Sub(archsimd.LoadFloat32x8(&x[i])).Store(&d[i])
	}
	archsimd.ClearAVXUpperBits()
	whole := lanes * len(d)
	portableSub(dst[whole:], a, b[whole:len(dst)])
}

func div(dst, a, b []float32) {
	switch {
	case len(b) == 1:
		divOne(dst, a, b)
		return
	case len(a) == 1:
		divFrom(dst, a, b)
		return
	}
	d := eights(dst)
	x, y := eights(a)[:len(d)], eights(b)[:len(d)]
	for i := range d {
		archsimd.LoadFloat32x8(&x[i]).Div(archsimd.LoadFloat32x8(&y[i])).Store(&d[i])
	}
	archsimd.ClearAVXUpperBits()
	whole := lanes * len(d)
	portableDiv(dst[whole:], a[whole:len(dst)], b[whole:len(dst)])
}

func divOne(dst, a, b []float32) {
	d := eights(dst)
	x, c := eights(a)[:len(d)], archsimd.BroadcastFloat32x8(b[0])
	for i := range d {
		archsimd.LoadFloat32x8(&x[i]).Div(c).Store(&d[i])
	}
	archsimd.ClearAVXUpperBits()
	whole := lanes * len(d)
	portableDiv(dst[whole:], a[whole:len(dst)], b)
}

func divFrom(dst, a, b []float32) {
	d := eights(dst)
	x, c := eights(b)[:len(d)], archsimd.BroadcastFloat32x8(a[0])
	for i := range d {
		c.Div(archsimd.LoadFloat32x8(&x[i])).Store(&d[i])
	}
	archsimd.ClearAVXUpperBits()
	whole := lanes * len(d)
	portableDiv(dst[whole:], a, b[whole:len(dst)])
}
