package gguf

import (
	"math/rand/v2"
	"testing"
)

// Entries are counted as float32 bytes: 4 MB/s are a million entries a second.
func BenchmarkDecode(b *testing.B) {
	for id := range uint32(31) {
		kind, err := lookupType(id)
		if err != nil || kind.decode == nil {
			continue
		}
		b.Run(kind.name, func(b *testing.B) {
			random := rand.New(rand.NewPCG(1, 2))
			blocks := chunk / kind.bytes
			src := make([]byte, blocks*kind.bytes)
			for i := range src {
				src[i] = byte(random.Uint32())&^0x40 | 0x20 // no subnormal, infinite or NaN scale
			}
			dst := make([]float32, blocks*kind.block)
			b.SetBytes(int64(4 * len(dst)))
			for b.Loop() {
				kind.decode(dst, src)
			}
		})
	}
}
