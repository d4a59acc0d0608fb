package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// avx2 has 16 registers: 12 hold a tile of 6 x 16, and each token takes 2 loads, 6
// broadcasts and 12 multiply-adds, of which two a cycle are what the processor can.
func avx2(c *build.Context) {
	y := []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	}
	v := vector{
		c: c, rows: 6, size: 32, acc: y[:12], x: [2]reg.VecPhysical{y[12], y[13]}, dy: y[14:], mask: y[15],
		multiply: func(x, dy, acc reg.VecPhysical) { c.VFMADD231PS(x, dy, acc) },
		and:      c.VANDPS,
		ones: func(r reg.VecPhysical) {
			c.VPCMPEQD(r, r, r)
			c.VPSRLD(operand.U8(1), r, r)
		},
	}
	for _, dtype := range dtypes {
		v.tile("avx2", dtype)
	}
}

// avx512 has 32 registers: 24 hold a tile of 12 x 32.
func avx512(c *build.Context) {
	wide(c, "avx512", func(x, dy, acc reg.VecPhysical) { c.VFMADD231PS(x, dy, acc) })
}

func wide(c *build.Context, name string, multiply func(x, dy, acc reg.VecPhysical)) {
	z := []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	}
	v := vector{
		c: c, rows: 12, size: 64, acc: z[:24], x: [2]reg.VecPhysical{z[24], z[25]}, dy: z[26:30], mask: z[31],
		multiply: multiply,
		and:      c.VPANDD,
		ones: func(r reg.VecPhysical) {
			c.VPTERNLOGD(operand.U8(0xff), r, r, r)
			c.VPSRLD(operand.U8(1), r, r)
		},
	}
	for _, dtype := range dtypes {
		v.tile(name, dtype)
	}
}
