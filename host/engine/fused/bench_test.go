package fused

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
)

// BenchmarkAdd adds one or more seeds of 256 tokens to the S of a matrix of a 7B model, and of
// a small one.
func BenchmarkAdd(b *testing.B) {
	for _, s := range []shape{
		{4096, 4096, []int{256}, 0, F32},
		{4096, 4096, []int{256, 256, 256, 256}, 0, F32},
		{4096, 11008, []int{256}, 0, BF16},
		{1536, 576, []int{170, 170, 170, 170}, 0, F32},
	} {
		for _, bfloat16 := range []bool{false, true} {
			for _, k := range Kernels(bfloat16) {
				if k.name == "portable" || bfloat16 && !k.pairs {
					continue
				}
				r := rand.New(rand.NewPCG(1, 2))
				p := newProblem(s, r.Float32)
				a := NewAdder(k, runtime.GOMAXPROCS(0))
				b.Run(fmt.Sprint(s, " ", k.name), func(b *testing.B) {
					before := cpuSeconds()
					for b.Loop() {
						if err := a.Add(context.Background(), []Sum{p.Sum}); err != nil {
							b.Fatal(err)
						}
					}
					flops := 0.0
					for _, n := range s.tokens {
						flops += 2 * float64(s.out) * float64(s.in) * float64(n)
					}
					b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOPS")
					b.ReportMetric(flops*float64(b.N)/(cpuSeconds()-before)/1e9, "GFLOPS/core")
				})
			}
		}
	}
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
