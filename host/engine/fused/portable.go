package fused

import (
	"math"
	"unsafe"
)

// portable runs everywhere. It is what the others are compared with.
func portable() *Kernel {
	k := &Kernel{name: "portable", rows: 4, cols: 4}
	for t := range types {
		k.tile[t] = func(dy, x *uint32, depth int, w *byte, wStride int, s *float32, sStride int) {
			portableTile(
				unsafe.Slice((*[4]float32)(unsafe.Pointer(dy)), depth),
				unsafe.Slice((*[4]float32)(unsafe.Pointer(x)), depth),
				Weights{t, unsafe.Slice(w, 3*wStride+4*t.size())}, wStride/t.size(),
				unsafe.Slice(s, 3*sStride/4+4), sStride/4)
		}
	}
	return k
}

func portableTile(dy, x [][4]float32, w Weights, wStride int, s []float32, sStride int) {
	var sums [4][4]float32
	for r := range sums {
		var s0, s1, s2, s3 float32
		for t := range dy {
			d, v := dy[t][r], &x[t]
			s0 += d * v[0]
			s1 += d * v[1]
			s2 += d * v[2]
			s3 += d * v[3]
		}
		sums[r] = [4]float32{s0, s1, s2, s3}
	}
	for r, row := range sums {
		for c, dw := range row {
			s[r*sStride+c] += magnitude(w.at(r*wStride+c) * dw)
		}
	}
}

func magnitude(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ (1 << 31)) }
