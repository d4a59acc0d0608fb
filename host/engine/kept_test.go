package engine_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/host/engine"
)

// What is kept of the way forward is what would be computed again. Room for a part of it
// is enough for the last layers. On pure Go the bytes of S are the same.
func TestWhatIsKeptOfTheWayForwardChangesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		chosen := variants(t)
		if backend != "go" {
			chosen = []string{"plain", "gemma2"}
		}
		for _, variant := range chosen {
			t.Run(variant, func(t *testing.T) {
				want := sensitivities(t, variant, backend, 0)
				rooms := []int64{1 << 30, 20 << 10}
				if backend != "go" {
					rooms = rooms[:1]
				}
				for _, room := range rooms {
					got := sensitivities(t, variant, backend, room)
					if len(got) != len(want) {
						t.Fatalf("%d tensors, want %d", len(got), len(want))
					}
					for name, s := range want {
						if backend == "go" && !slices.Equal(got[name], s) {
							t.Errorf("room for %d bytes: S of %s: other bytes", room, name)
						} else if d := distance(got[name], s); !(d <= 1e-5) && furthest(got[name], s) > 1e-5 {
							t.Errorf("room for %d bytes: S of %s: relative L2 distance %.2e", room, name, d)
						}
					}
				}
			})
		}
	})
}

func sensitivities(t *testing.T, variant, backend string, room int64) map[string][]float32 {
	t.Helper()
	folder := filepath.Join(tiny, variant)
	ck, a := open(t, folder)
	e := start(t, ck, a, engine.Options{Backend: backend, Activations: room})
	e.KeepAll()
	all := make(map[string][]float32)
	losses, err := e.Sensitivity(context.Background(), samples(t, filepath.Join(folder, "samples.jsonl")), func(g engine.Group) error {
		for _, x := range g.Tensors {
			name, s := goldenName(ck, x)
			all[name] = slices.Clone(s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range losses {
		all["losses"] = append(all["losses"], float32(l))
	}
	return all
}
