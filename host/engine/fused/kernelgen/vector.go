package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dtypes are the types that W is read in.
var dtypes = []string{"F32", "BF16", "F16"}

// vector says how a tile is kept in vector registers: rows x 2 of them.
type vector struct {
	c    *build.Context
	rows int
	size int // bytes of a register
	acc  []reg.VecPhysical
	x    [2]reg.VecPhysical
	dy   []reg.VecPhysical // rows' values in every lane, in turn
	mask reg.VecPhysical   // in the end: all bits but the sign

	multiply func(x, dy, acc reg.VecPhysical) // acc += x dy
	and      func(ops ...operand.Op)
	ones     func(r reg.VecPhysical)
}

// unrolled is how many tokens a turn of the loop takes.
const unrolled = 4

// pointers are the arguments of a tile, in registers.
type pointers struct{ dy, x, k, w, wStride, s, sStride reg.Register }

const signature = "func(dy, x *uint32, k int, w *byte, wStride int, s *float32, sStride int)"

// arguments loads the arguments.
func arguments(c *build.Context) pointers {
	return pointers{
		dy: c.Load(c.Param("dy"), reg.RSI), x: c.Load(c.Param("x"), reg.RDX), k: c.Load(c.Param("k"), reg.RCX),
		w: c.Load(c.Param("w"), reg.R8), wStride: c.Load(c.Param("wStride"), reg.R9),
		s: c.Load(c.Param("s"), reg.RDI), sStride: c.Load(c.Param("sStride"), reg.R10),
	}
}

// tile writes the function for one type of W.
func (v vector) tile(name, dtype string) {
	c := v.c
	function(c, name+dtype, attr.NOSPLIT)
	c.Doc(fmt.Sprintf("%s%s is a tile of %d rows and %d columns, W in %s.", name, dtype, v.rows, v.size/2, dtype))
	c.Pragma("noescape")
	p := arguments(c)
	v.prefetch(p)
	for _, r := range v.acc {
		c.VXORPS(r.AsX(), r.AsX(), r.AsX())
	}
	c.MOVQ(p.k, reg.RAX)
	c.SHRQ(operand.U8(2), reg.RAX)
	c.JZ(operand.LabelRef("rest"))
	c.Label("four")
	for i := range unrolled {
		v.token(p, i)
	}
	c.ADDQ(operand.U32(unrolled*4*v.rows), p.dy)
	c.ADDQ(operand.U32(unrolled*2*v.size), p.x)
	c.DECQ(reg.RAX)
	c.JNZ(operand.LabelRef("four"))
	c.Label("rest")
	c.ANDQ(operand.U8(unrolled-1), p.k)
	c.JZ(operand.LabelRef("sum"))
	c.Label("one")
	v.token(p, 0)
	c.ADDQ(operand.U8(4*v.rows), p.dy)
	c.ADDQ(operand.U32(2*v.size), p.x)
	c.DECQ(p.k)
	c.JNZ(operand.LabelRef("one"))
	c.Label("sum")
	v.ones(v.mask)
	for r := range v.rows {
		for i := range 2 {
			v.add(p, dtype, v.acc[2*r+i], i)
		}
		if r < v.rows-1 {
			c.ADDQ(p.wStride, p.w)
			c.ADDQ(p.sStride, p.s)
		}
	}
	c.VZEROUPPER()
	c.RET()
}

// prefetch asks for the tile's lines of W and S, which are needed in the end.
func (v vector) prefetch(p pointers) {
	c := v.c
	c.MOVQ(p.w, reg.R11)
	c.MOVQ(p.s, reg.R12)
	for r := range v.rows {
		c.PREFETCHT0(operand.Mem{Base: reg.R11})
		c.PREFETCHT0(operand.Mem{Base: reg.R12})
		if v.size == 64 {
			c.PREFETCHT0(operand.Mem{Base: reg.R12, Disp: 64})
		}
		if r < v.rows-1 {
			c.ADDQ(p.wStride, reg.R11)
			c.ADDQ(p.sStride, reg.R12)
		}
	}
}

// token adds the products of the i-th token from here.
func (v vector) token(p pointers, i int) {
	c := v.c
	for half, x := range v.x {
		c.VMOVUPS(operand.Mem{Base: p.x, Disp: (2*i + half) * v.size}, x)
	}
	for r := range v.rows {
		dy := v.dy[r%len(v.dy)]
		c.VBROADCASTSS(operand.Mem{Base: p.dy, Disp: 4 * (i*v.rows + r)}, dy)
		for half, x := range v.x {
			v.multiply(x, dy, v.acc[2*r+half])
		}
	}
}

// add is s += abs(w * acc) for one register.
func (v vector) add(p pointers, dtype string, acc reg.VecPhysical, half int) {
	c := v.c
	w, s := operand.Mem{Base: p.w, Disp: half * v.size}, operand.Mem{Base: p.s, Disp: half * v.size}
	if dtype != "F32" {
		w.Disp /= 2
	}
	switch dtype {
	case "F32":
		c.VMULPS(w, acc, acc)
	case "BF16":
		c.VPMOVZXWD(w, v.x[half])
		c.VPSLLD(operand.U8(16), v.x[half], v.x[half])
		c.VMULPS(v.x[half], acc, acc)
	case "F16":
		c.VCVTPH2PS(w, v.x[half])
		c.VMULPS(v.x[half], acc, acc)
	}
	v.and(v.mask, acc, acc)
	c.VADDPS(s, acc, acc)
	c.VMOVUPS(acc, s)
}

// function begins a function with the tiles' signature.
func function(c *build.Context, name string, attributes attr.Attribute) {
	c.Function(name)
	c.Attributes(attributes)
	c.SignatureExpr(signature)
}
