package fused

import (
	"context"
	"sync"
	"sync/atomic"
)

// Adder adds seeds to sums with one kernel. It keeps its memory from call to call. Its
// methods may not be called concurrently.
type Adder struct {
	kernel  *Kernel
	workers int
	x       []uint32  // packed inputs: seed, panel, word, column
	scratch []scratch // of each worker
}

// scratch is one worker's memory.
type scratch struct {
	dy    []uint32 // packed output gradients: seed, panel, word, row
	spare []uint32
	saved []float32 // rows of S before a seed
	s     []float32 // a tile of S that reaches over the edge
	w     []byte    // and one of W
}

// NewAdder prepares to work on as many blocks at once as there are workers.
func NewAdder(k *Kernel, workers int) *Adder {
	return &Adder{kernel: k, workers: max(workers, 1), scratch: make([]scratch, max(workers, 1))}
}

// Kernel is what it computes with.
func (a *Adder) Kernel() *Kernel { return a.kernel }

// Add adds every seed to its sum. When ctx ends in between, the sums are left with
// some of it.
func (a *Adder) Add(ctx context.Context, sums []Sum) error {
	for i := range sums {
		sums[i].check()
	}
	for len(sums) > 0 {
		n := 1
		for n < len(sums) && sameX(&sums[0], &sums[n]) {
			n++
		}
		if err := a.addGroup(ctx, sums[:n]); err != nil {
			return err
		}
		sums = sums[n:]
	}
	return nil
}

// addGroup adds to sums whose seeds have the same inputs.
func (a *Adder) addGroup(ctx context.Context, sums []Sum) error {
	k := a.kernel
	seeds, in := sums[0].Seeds, sums[0].In
	panels := (in + k.cols - 1) / k.cols
	starts := make([]int, len(seeds)+1) // of each seed in a.x
	for i, s := range seeds {
		starts[i+1] = starts[i] + k.words(s.Tokens)*panels*k.cols
	}
	a.x = grown(a.x, starts[len(seeds)])
	err := a.parallel(ctx, len(seeds)*panels, func(i int, _ *scratch) {
		seed, panel := i/panels, i%panels
		size := k.words(seeds[seed].Tokens) * k.cols
		k.packX(a.x[starts[seed]+panel*size:][:size], seeds[seed], panel*k.cols, in)
	})
	if err != nil {
		return err
	}
	blocks := k.blocksOf(sums, a.workers)
	return a.parallel(ctx, len(blocks), func(i int, s *scratch) { blocks[i].add(k, a.x, starts, s) })
}

// parallel calls fn for every index, each worker with its own scratch.
func (a *Adder) parallel(ctx context.Context, n int, fn func(i int, s *scratch)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range min(a.workers, n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				fn(i, &a.scratch[w])
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// grown is room for n entries, v's where it has it. What was in it is lost.
func grown[T any](v []T, n int) []T {
	if cap(v) < n {
		return make([]T, n)
	}
	return v[:n]
}
