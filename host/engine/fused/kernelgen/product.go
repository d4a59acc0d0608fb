package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// product writes the kernels of package product: a tile of 6 x 16, as the sensitivity's
// has, and what packs the columns of a matrix that is to be transposed.
func product(c *build.Context) {
	productTile(c)
	packColumns(c)
}

const productSignature = "func(a *float32, aStride int, b *float32, k int, c *float32, cStride int, add bool)"

// productTile reads rows of A where they lie, a stride apart, and B packed.
func productTile(c *build.Context) {
	c.Function("avx2Tile")
	c.Attributes(attr.NOSPLIT)
	c.SignatureExpr(productSignature)
	c.Doc("avx2Tile is c = a b, or c += a b, for 6 rows of a and c, 16 columns of b and c, and k > 0.",
		"Rows of a and c lie so many bytes apart, those of b follow each other.")
	c.Pragma("noescape")
	a := c.Load(c.Param("a"), reg.RSI)
	stride := c.Load(c.Param("aStride"), reg.RDX)
	b := c.Load(c.Param("b"), reg.R8)
	k := c.Load(c.Param("k"), reg.RCX)
	out := c.Load(c.Param("c"), reg.RDI)
	outStride := c.Load(c.Param("cStride"), reg.R9)
	add := c.Load(c.Param("add"), reg.AL)

	half := reg.R10 // the fourth row
	c.LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, half)
	c.ADDQ(a, half)
	acc := []reg.VecPhysical{reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7, reg.Y8, reg.Y9, reg.Y10, reg.Y11}
	for _, r := range acc {
		c.VXORPS(r.AsX(), r.AsX(), r.AsX())
	}
	step := func(i int) {
		c.VMOVUPS(operand.Mem{Base: b, Disp: 64 * i}, reg.Y12)
		c.VMOVUPS(operand.Mem{Base: b, Disp: 64*i + 32}, reg.Y13)
		for r := range 6 {
			from := operand.Mem{Base: []reg.Register{a, half}[r/3], Disp: 4 * i}
			if r%3 > 0 {
				from.Index, from.Scale = stride, uint8(r%3)
			}
			value := []reg.VecPhysical{reg.Y14, reg.Y15}[r%2]
			c.VBROADCASTSS(from, value)
			c.VFMADD231PS(reg.Y12, value, acc[2*r])
			c.VFMADD231PS(reg.Y13, value, acc[2*r+1])
		}
	}
	c.MOVQ(k, reg.R11)
	c.SHRQ(operand.U8(2), reg.R11)
	c.JZ(operand.LabelRef("rest"))
	c.Label("four")
	for i := range unrolled {
		step(i)
	}
	c.ADDQ(operand.U8(4*unrolled), a)
	c.ADDQ(operand.U8(4*unrolled), half)
	c.ADDQ(operand.U32(64*unrolled), b)
	c.DECQ(reg.R11)
	c.JNZ(operand.LabelRef("four"))
	c.Label("rest")
	c.ANDQ(operand.U8(unrolled-1), k)
	c.JZ(operand.LabelRef("sum"))
	c.Label("one")
	step(0)
	c.ADDQ(operand.U8(4), a)
	c.ADDQ(operand.U8(4), half)
	c.ADDQ(operand.U8(64), b)
	c.DECQ(k)
	c.JNZ(operand.LabelRef("one"))
	c.Label("sum")
	c.TESTB(add, add)
	c.JZ(operand.LabelRef("store"))
	c.MOVQ(out, reg.R12)
	for r := range 6 {
		c.VADDPS(operand.Mem{Base: reg.R12}, acc[2*r], acc[2*r])
		c.VADDPS(operand.Mem{Base: reg.R12, Disp: 32}, acc[2*r+1], acc[2*r+1])
		if r < 5 {
			c.ADDQ(outStride, reg.R12)
		}
	}
	c.Label("store")
	for r := range 6 {
		c.VMOVUPS(acc[2*r], operand.Mem{Base: out})
		c.VMOVUPS(acc[2*r+1], operand.Mem{Base: out, Disp: 32})
		if r < 5 {
			c.ADDQ(outStride, out)
		}
	}
	c.VZEROUPPER()
	c.RET()
}

// packColumns transposes blocks of 8 x 8 in registers.
func packColumns(c *build.Context) {
	c.Function("avx2Turn")
	c.Attributes(attr.NOSPLIT)
	c.SignatureExpr("func(dst, src *float32, stride int, blocks int)")
	c.Doc("avx2Turn writes 8 rows of src, which lie stride bytes apart, as columns of dst, whose rows are",
		"16 wide: so many blocks of 8, at least one.")
	c.Pragma("noescape")
	dst := c.Load(c.Param("dst"), reg.RDI)
	src := c.Load(c.Param("src"), reg.RSI)
	stride := c.Load(c.Param("stride"), reg.RDX)
	blocks := c.Load(c.Param("blocks"), reg.RCX)
	half := reg.R8 // the fifth row
	c.LEAQ(operand.Mem{Base: src, Index: stride, Scale: 4}, half)
	third := reg.R9 // three strides
	c.LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, third)
	row := []reg.VecPhysical{reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7}
	pair := []reg.VecPhysical{reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15}
	c.Label("block")
	for r := range 8 {
		from := operand.Mem{Base: []reg.Register{src, half}[r/4]}
		switch r % 4 {
		case 1, 2:
			from.Index, from.Scale = stride, uint8(r%4)
		case 3:
			from.Index, from.Scale = third, 1
		}
		c.VMOVUPS(from, row[r])
	}
	for r := 0; r < 8; r += 2 { // Intel's order of operands, reversed
		c.VUNPCKLPS(row[r+1], row[r], pair[r])
		c.VUNPCKHPS(row[r+1], row[r], pair[r+1])
	}
	for r := 0; r < 8; r += 4 {
		c.VSHUFPS(operand.U8(0x44), pair[r+2], pair[r], row[r])
		c.VSHUFPS(operand.U8(0xee), pair[r+2], pair[r], row[r+1])
		c.VSHUFPS(operand.U8(0x44), pair[r+3], pair[r+1], row[r+2])
		c.VSHUFPS(operand.U8(0xee), pair[r+3], pair[r+1], row[r+3])
	}
	for r := range 4 {
		c.VPERM2F128(operand.U8(0x20), row[r+4], row[r], pair[r])
		c.VPERM2F128(operand.U8(0x31), row[r+4], row[r], pair[r+4])
	}
	for r := range 8 {
		c.VMOVUPS(pair[r], operand.Mem{Base: dst, Disp: 64 * r})
	}
	c.ADDQ(operand.U8(32), src)
	c.ADDQ(operand.U8(32), half)
	c.ADDQ(operand.U32(512), dst)
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	c.VZEROUPPER()
	c.RET()
}
