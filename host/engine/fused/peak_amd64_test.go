package fused

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// BenchmarkShareOfPeak compares the float32 kernels with what the processor multiplies and
// adds in registers alone, at the shapes of a 7B model's layer and 16 seeds of 256 tokens.
// Both are by processor time, and measured in turns: other work on the machine then
// slows both.
func BenchmarkShareOfPeak(b *testing.B) {
	peaks := map[string]struct {
		run   func(turns int)
		width int // entries of a register
	}{"avx2": {avx2Peak, 8}, "avx512": {avx512Peak, 16}}
	tokens := make([]int, 16)
	for i := range tokens {
		tokens[i] = 256
	}
	for _, k := range Kernels(false) {
		peak, ok := peaks[k.name]
		if !ok {
			continue
		}
		for _, s := range []shape{{4096, 4096, tokens, 0, F32}, {11008, 4096, tokens, 0, F32}, {4096, 11008, tokens, 0, F32}, {4096, 4096, tokens, 0, BF16}} {
			p := newProblem(s, func() float32 { return 0.5 })
			a := NewAdder(k, runtime.GOMAXPROCS(0))
			b.Run(fmt.Sprintf("%s_%dx%d_%s", k.name, s.out, s.in, [...]string{"F32", "BF16", "F16"}[s.weights]), func(b *testing.B) {
				var most, own float64 // processor seconds
				const turns = 1 << 25
				for b.Loop() {
					start := cpuSeconds()
					var wg sync.WaitGroup
					for range runtime.GOMAXPROCS(0) {
						wg.Go(func() { peak.run(turns) })
					}
					wg.Wait()
					most += cpuSeconds() - start
					start = cpuSeconds()
					if err := a.Add(context.Background(), []Sum{p.Sum}); err != nil {
						b.Fatal(err)
					}
					own += cpuSeconds() - start
				}
				n := float64(b.N)
				reach := n * float64(runtime.GOMAXPROCS(0)) * turns * 24 * 2 * float64(peak.width) / most / 1e9
				got := n * 2 * float64(s.out) * float64(s.in) * 16 * 256 / own / 1e9
				b.ReportMetric(got, "GFLOPS/core")
				b.ReportMetric(reach, "peak-GFLOPS/core")
				b.ReportMetric(100*got/reach, "%-of-peak")
			})
		}
	}
}
