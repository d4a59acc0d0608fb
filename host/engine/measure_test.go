package engine_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/engine"
)

// TestMeasureCountsLargestLogits compares it with Losses, bit for bit, and with Logits.
func TestMeasureCountsLargestLogits(t *testing.T) {
	for _, variant := range []string{"plain", "gemma2", "phi", "gpt2"} {
		t.Run(variant, func(t *testing.T) {
			onEach(t, func(t *testing.T, backend string) {
				ctx := context.Background()
				ck, a := open(t, filepath.Join(tiny, variant))
				e := start(t, ck, a, engine.Options{Backend: backend})
				s := samples(t, filepath.Join(tiny, variant, "samples.jsonl"))
				want := make([]engine.Measured, len(s))
				err := e.Logits(ctx, s, func(i int, logits []float32) error {
					// Every other token that counts becomes the best one.
					for place, label := range s[i].Labels[1:] {
						if label == seeds.Ignored {
							continue
						}
						row := logits[place*a.Vocab : (place+1)*a.Vocab]
						best := int32(slices.Index(row, slices.Max(row)))
						if want[i].Tokens++; want[i].Tokens%2 == 0 {
							s[i].Labels[place+1] = best
						}
						if s[i].Labels[place+1] == best {
							want[i].Correct++
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				losses, err := e.Losses(ctx, s)
				if err != nil {
					t.Fatal(err)
				}
				for i := range want {
					want[i].Loss = losses[i]
				}
				got, err := e.Measure(ctx, s)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("got %v, %v, want %v", got, err, want)
				}
			})
		})
	}
}
