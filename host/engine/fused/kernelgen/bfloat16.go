package main

import (
	"encoding/binary"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// avx512bf16 is avx512 with two tokens in a lane.
func avx512bf16(c *build.Context) {
	wide(c, "avx512bf16", func(x, dy, acc reg.VecPhysical) { vdpbf16ps(c, x, dy, acc) })
}

// vdpbf16ps adds to every lane of acc the products of the two pairs there. Neither
// avo nor Go's assembler knows it: EVEX.512.F3.0F38.W0 52 /r.
func vdpbf16ps(c *build.Context, a, b, acc reg.VecPhysical) {
	bit := func(r reg.VecPhysical, n uint) byte { return ^byte(r.ID()>>8>>n) & 1 }
	low := func(r reg.VecPhysical) byte { return byte(r.ID()>>8) & 7 }
	number := func(r reg.VecPhysical) byte { return byte(r.ID() >> 8) }
	raw(c,
		0x62,
		bit(acc, 3)<<7|bit(a, 4)<<6|bit(a, 3)<<5|bit(acc, 4)<<4|2,
		(^number(b)&15)<<3|4|2,
		2<<5|bit(b, 4)<<3,
		0x52,
		0xc0|low(acc)<<3|low(a))
}

// raw is an instruction in bytes.
func raw(c *build.Context, bytes ...byte) {
	emit := func(opcode string, value operand.Op) {
		c.Instruction(&ir.Instruction{Opcode: opcode, Operands: []operand.Op{value}})
	}
	if len(bytes) > 3 {
		emit("LONG", operand.U32(binary.LittleEndian.Uint32(bytes)))
		bytes = bytes[4:]
	}
	for _, b := range bytes {
		emit("BYTE", operand.U8(b))
	}
}

// amx works on tiles of 32 x 32: four registers of 16 x 16 sums, into which two of
// dY [16 rows, 16 pairs of tokens] and two of X [16 pairs, 16 columns] are multiplied.
// dY lies in blocks of [32 rows, 16 pairs], X in rows of 32 columns.
func amx(c *build.Context) {
	for _, dtype := range dtypes {
		amxTile(c, dtype)
	}
}

func amxTile(c *build.Context, dtype string) {
	const sums = 32 * 32 * 4
	function(c, "amx"+dtype, 0)
	c.Doc("amx" + dtype + " is a tile of 32 rows and 32 columns, W in " + dtype + ". k counts blocks of 16 pairs.")
	c.Pragma("noescape")
	local := c.AllocLocal(sums + 64)
	p := arguments(c)

	// The configuration: palette 1, eight tiles of 16 rows, 64 bytes each.
	config := local
	config.Disp += sums
	c.VPXOR(reg.X0, reg.X0, reg.X0)
	for i := range 4 {
		c.VMOVUPS(reg.X0, config.Offset(16*i))
	}
	c.MOVB(operand.U8(1), config)
	for t := range 8 {
		c.MOVW(operand.U16(64), config.Offset(16+2*t))
		c.MOVB(operand.U8(16), config.Offset(48+t))
	}
	c.Comment("LDTILECFG, TILEZERO")
	c.LEAQ(config, reg.RAX)
	raw(c, 0xc4, 0xe2, 0x78, 0x49, 0x00) // LDTILECFG (AX)
	for t := range byte(4) {
		raw(c, 0xc4, 0xe2, 0x7b, 0x49, 0xc0|t<<3) // TILEZERO
	}
	c.MOVQ(operand.U32(64), reg.RAX)
	c.MOVQ(operand.U32(128), reg.RBX)
	c.LEAQ(operand.Mem{Base: p.dy, Disp: 1024}, reg.R11)
	c.LEAQ(operand.Mem{Base: p.x, Disp: 64}, reg.R12)
	c.Label("block")
	c.Comment("TILELOADD dy, dy+16 rows, x, x+16 columns; TDPBF16PS into the four sums")
	load(c, 4, 6, 0)  // (SI)(AX)
	load(c, 6, 2, 3)  // (DX)(BX)
	load(c, 5, 11, 0) // (R11)(AX)
	load(c, 7, 12, 3) // (R12)(BX)
	dot(c, 0, 4, 6)
	dot(c, 1, 4, 7)
	dot(c, 2, 5, 6)
	dot(c, 3, 5, 7)
	c.ADDQ(operand.U32(2048), p.dy)
	c.ADDQ(operand.U32(2048), p.x)
	c.ADDQ(operand.U32(2048), reg.R11)
	c.ADDQ(operand.U32(2048), reg.R12)
	c.DECQ(p.k)
	c.JNZ(operand.LabelRef("block"))

	c.Comment("TILESTORED, TILERELEASE")
	c.LEAQ(local, reg.R11)
	c.LEAQ(local.Offset(64), reg.R12)
	store(c, 0, 11, 3)
	store(c, 1, 12, 3)
	c.ADDQ(operand.U32(2048), reg.R11)
	c.ADDQ(operand.U32(2048), reg.R12)
	store(c, 2, 11, 3)
	store(c, 3, 12, 3)
	raw(c, 0xc4, 0xe2, 0x78, 0x49, 0xc0) // TILERELEASE

	v := vector{c: c, size: 64, x: [2]reg.VecPhysical{reg.Z2, reg.Z3}, mask: reg.Z31, and: c.VPANDD}
	c.VPTERNLOGD(operand.U8(0xff), v.mask, v.mask, v.mask)
	c.VPSRLD(operand.U8(1), v.mask, v.mask)
	c.LEAQ(local, reg.RAX)
	c.MOVQ(operand.U32(32), reg.RCX)
	c.Label("row")
	for half, acc := range []reg.VecPhysical{reg.Z0, reg.Z1} {
		c.VMOVUPS(operand.Mem{Base: reg.RAX, Disp: 64 * half}, acc)
		v.add(p, dtype, acc, half)
	}
	c.ADDQ(p.wStride, p.w)
	c.ADDQ(p.sStride, p.s)
	c.ADDQ(operand.U32(128), reg.RAX)
	c.DECQ(reg.RCX)
	c.JNZ(operand.LabelRef("row"))
	c.VZEROUPPER()
	c.RET()
}

// load is TILELOADD (base)(index), tile: VEX.128.F2.0F38.W0 4B.
func load(c *build.Context, tile, base, index byte) { memory(c, 0x7b, tile, base, index) }

// store is TILESTORED tile, (base)(index): VEX.128.F3.0F38.W0 4B.
func store(c *build.Context, tile, base, index byte) { memory(c, 0x7a, tile, base, index) }

func memory(c *build.Context, prefix, tile, base, index byte) {
	second := byte(0xe2)
	if base > 7 {
		second ^= 0x20
	}
	raw(c, 0xc4, second, prefix, 0x4b, tile<<3|4, index<<3|base&7)
}

// dot is TDPBF16PS x, dy, acc: VEX.128.F3.0F38.W0 5C, dy in rm and x in vvvv.
func dot(c *build.Context, acc, dy, x byte) {
	raw(c, 0xc4, 0xe2, (^x&15)<<3|2, 0x5c, 0xc0|acc<<3|dy)
}
