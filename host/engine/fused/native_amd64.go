package fused

import "golang.org/x/sys/cpu"

// native lists the kernels in assembly that this processor runs, the best first.
func native() []*Kernel {
	var all []*Kernel
	if cpu.X86.HasAVX512F && cpu.X86.HasAMXTile && cpu.X86.HasAMXBF16 && amxAllowed() {
		all = append(all, &Kernel{
			name: "amx", rows: 32, cols: 32, bfloat16: true, pairs: true, blocks: true,
			tile: [types]tileFunc{amxF32, amxBF16, amxF16},
		})
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BF16 {
		all = append(all, &Kernel{
			name: "avx512bf16", rows: 12, cols: 32, bfloat16: true, pairs: true,
			tile: [types]tileFunc{avx512bf16F32, avx512bf16BF16, avx512bf16F16},
		})
	}
	if cpu.X86.HasAVX512F {
		all = append(all, &Kernel{
			name: "avx512", rows: 12, cols: 32,
			tile: [types]tileFunc{avx512F32, avx512BF16, avx512F16},
		})
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasF16C {
		all = append(all, &Kernel{
			name: "avx2", rows: 6, cols: 16,
			tile: [types]tileFunc{avx2F32, avx2BF16, avx2F16},
		})
	}
	return all
}
