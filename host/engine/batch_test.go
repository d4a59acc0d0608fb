package engine

import (
	"math/rand/v2"
	"testing"
)

func TestEverySeedHasItsRowsInOneBatch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		rows := make([]int, 1+rng.IntN(60))
		for i := range rows {
			rows[i] = 1 + rng.IntN(300)
			if rng.IntN(20) == 0 {
				rows[i] += longest
			}
		}
		for _, pureGo := range []bool{false, true} {
			d := &device{pureGo: pureGo}
			seen := make([]int, len(rows))
			for _, b := range d.batches(rows, sizing{least: 64, fixed: rng.IntN(2) == 0, pair: 4e-4}) {
				end := 0
				for _, p := range b.parts {
					if p.first != end || p.n != rows[p.seed] {
						t.Fatalf("seed %d has %d rows from %d on, want %d from %d on", p.seed, p.n, p.first, rows[p.seed], end)
					}
					end += p.n
					seen[p.seed]++
				}
				if end > b.rows || len(b.parts) > 1 && b.rows > longest {
					t.Fatalf("%d rows in a batch of %d", end, b.rows)
				}
			}
			for seed, n := range seen {
				if n != 1 {
					t.Fatalf("seed %d is in %d batches", seed, n)
				}
			}
		}
	}
}

func TestBatchesWasteLittle(t *testing.T) {
	d := &device{}
	rows := make([]int, 32)
	for i := range rows {
		rows[i] = 170
	}
	for _, c := range []struct {
		name string
		sizing
		size, count int
	}{
		{"three of 170 in 512", sizing{least: 64}, 512, 11},
		{"attention is dear", sizing{least: 64, pair: 1e-2}, 176, 32},
		{"other runs follow", sizing{least: 64, fixed: true}, 192, 32},
	} {
		all := d.batches(rows, c.sizing)
		if len(all) != c.count || all[0].rows != c.size {
			t.Errorf("%s: %d batches of %d rows, want %d of %d", c.name, len(all), all[0].rows, c.count, c.size)
		}
	}
}
