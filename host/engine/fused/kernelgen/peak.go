package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peaks multiply and add in registers alone: what a processor can do at most, for
// kernels to be compared with. No value depends on the one before it.
func peaks(c *build.Context) {
	peak(c, "avx2", []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7, reg.Y8, reg.Y9, reg.Y10, reg.Y11,
	}, reg.Y12)
	peak(c, "avx512", []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7, reg.Z8, reg.Z9, reg.Z10, reg.Z11,
	}, reg.Z12)
}

func peak(c *build.Context, name string, acc []reg.VecPhysical, x reg.VecPhysical) {
	c.Function(name + "Peak")
	c.Attributes(attr.NOSPLIT)
	c.SignatureExpr("func(turns int)")
	c.Doc(fmt.Sprintf("%sPeak does %d multiply-adds of whole registers a turn.", name, 2*len(acc)))
	turns := c.Load(c.Param("turns"), reg.RCX)
	for _, r := range append(acc, x) {
		c.VXORPS(r.AsX(), r.AsX(), r.AsX())
	}
	c.Label("turn")
	for range 2 {
		for _, r := range acc {
			c.VFMADD231PS(x, x, r)
		}
	}
	c.DECQ(turns)
	c.JNZ(operand.LabelRef("turn"))
	c.VZEROUPPER()
	c.RET()
}
