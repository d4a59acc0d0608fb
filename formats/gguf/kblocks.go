package gguf

// The K types: super-blocks of 256 entries, cut into groups whose scales, and for
// some types offsets, are quantised themselves.

const superBlock = 256

// Groups of 16. scales [16] (scale, offset: 4 bits each), quants [64], d, dmin.
func decodeQ2K(dst []float32, src []byte) {
	for ; len(dst) >= superBlock; dst, src = dst[superBlock:], src[84:] {
		out, b := (*[superBlock]float32)(dst), (*[84]byte)(src)
		d, dmin := half(b[80:82]), half(b[82:84])
		for g := range 16 {
			scale, offset := d*float32(b[g]&15), dmin*float32(b[g]>>4)
			quants := b[16+g/8*32+g%2*16:][:16]
			shift := g / 2 % 4 * 2
			group := out[16*g:][:16]
			for i, q := range quants {
				group[i] = float32(scale*float32(q>>(shift&7)&3)) - offset
			}
		}
	}
}

// Groups of 16. high bits [32], quants [64], scales [12] (6 bits each), d.
func decodeQ3K(dst []float32, src []byte) {
	for ; len(dst) >= superBlock; dst, src = dst[superBlock:], src[110:] {
		out, b := (*[superBlock]float32)(dst), (*[110]byte)(src)
		d := half(b[108:110])
		for g := range 16 {
			low := b[96+g%8] >> (g / 8 * 4) & 15
			high := b[104+g%4] >> (g / 4 * 2) & 3
			scale := d * float32(int32(low|high<<4)-32)
			quants := b[32+g/8*32+g%2*16:][:16]
			bits := b[g%2*16:][:16]
			shift, bit := g/2%4*2, g/2
			group := out[16*g:][:16]
			for i, q := range quants {
				// A high bit that isn't set takes 4 away.
				group[i] = scale * float32(int32(q>>(shift&7)&3|bits[i]>>(bit&7)&1<<2)-4)
			}
		}
	}
}

// Groups of 32. d, dmin, scales and offsets [12] (6 bits each), quants [128].
func decodeQ4K(dst []float32, src []byte) {
	for ; len(dst) >= superBlock; dst, src = dst[superBlock:], src[144:] {
		out, b := (*[superBlock]float32)(dst), (*[144]byte)(src)
		d, dmin := half(b[:2]), half(b[2:4])
		for g := range 8 {
			s, m := scaleOffset((*[12]byte)(b[4:16]), g)
			scale, offset := d*float32(s), dmin*float32(m)
			quants := b[16+g/2*32:][:32]
			shift := g % 2 * 4
			group := out[32*g:][:32]
			for i, q := range quants {
				group[i] = float32(scale*float32(q>>(shift&7)&15)) - offset
			}
		}
	}
}

// Groups of 32. d, dmin, scales and offsets [12], high bits [32], quants [128].
func decodeQ5K(dst []float32, src []byte) {
	for ; len(dst) >= superBlock; dst, src = dst[superBlock:], src[176:] {
		out, b := (*[superBlock]float32)(dst), (*[176]byte)(src)
		d, dmin := half(b[:2]), half(b[2:4])
		for g := range 8 {
			s, m := scaleOffset((*[12]byte)(b[4:16]), g)
			scale, offset := d*float32(s), dmin*float32(m)
			bits, quants := b[16:48], b[48+g/2*32:][:32]
			shift := g % 2 * 4
			group := out[32*g:][:32]
			for i, q := range quants {
				group[i] = float32(scale*float32(q>>(shift&7)&15|bits[i]>>(g&7)&1<<4)) - offset
			}
		}
	}
}

// scaleOffset unpacks group g's of Q4_K and Q5_K: the first four groups' lie in the
// low 6 bits of bytes 0 to 7, the others' low 4 bits in bytes 8 to 11 and their high
// 2 above the former.
func scaleOffset(b *[12]byte, g int) (scale, offset byte) {
	if g < 4 {
		return b[g] & 63, b[g+4] & 63
	}
	return b[g+4]&15 | b[g-4]>>6<<4, b[g+4]>>4 | b[g]>>6<<4
}

// Groups of 16. low bits [128], high bits [64], scales [16] (int8), d.
func decodeQ6K(dst []float32, src []byte) {
	for ; len(dst) >= superBlock; dst, src = dst[superBlock:], src[210:] {
		out, b := (*[superBlock]float32)(dst), (*[210]byte)(src)
		d := half(b[208:210])
		for g := range 16 {
			scale := d * float32(int8(b[192+g]))
			low := b[g/8*64+g/2%2*32+g%2*16:][:16]
			high := b[128+g/8*32+g%2*16:][:16]
			lowShift, highShift := g/4%2*4, g/2%4*2
			group := out[16*g:][:16]
			for i, l := range low {
				group[i] = scale * float32(int32(l>>(lowShift&7)&15|high[i]>>(highShift&7)&3<<4)-32)
			}
		}
	}
}
