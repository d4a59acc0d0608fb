package engine

import (
	"context"
	"sync"
	"sync/atomic"
)

// parallel calls fn(0) ... fn(n-1), at most limit at a time, and waits for all
// that it started. After a failure it starts no more. The error is the one of the
// lowest index, whichever came first: calls start in order, so equal input gives
// an equal error.
func parallel(ctx context.Context, limit, n int, fn func(i int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var failed atomic.Bool
	var wg sync.WaitGroup
	for range min(limit, n) {
		wg.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if errs[i] = ctx.Err(); errs[i] == nil {
					errs[i] = fn(i)
				}
				if errs[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
