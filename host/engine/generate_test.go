package engine_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// TestGenerationEqualsAPassOverAll compares every variant's continuations with what
// comes of running each sequence as a whole: the largest logit at every place is the
// token that was chosen there. Where the sequence's length picks RoPE's frequencies, each
// beginning of it is run by itself; DynamicNTK's keys that were computed earlier have
// no such counterpart, and only the goldens.
func TestGenerationEqualsAPassOverAll(t *testing.T) {
	for _, variant := range variants(t) {
		if variant == "rope-dynamic" {
			continue
		}
		t.Run(variant, func(t *testing.T) {
			onEach(t, func(t *testing.T, backend string) {
				if backend != "go" && !slices.Contains(compiled, variant) {
					return
				}
				ck, a := open(t, filepath.Join(tiny, variant))
				e := start(t, ck, a, engine.Options{Backend: backend})
				var prompts [][]int32
				for _, s := range samples(t, filepath.Join(tiny, variant, "samples.jsonl")) {
					prompts = append(prompts, s.Tokens)
				}
				prompts = append(prompts, prompts[0][:1], prompts[0][:3])
				ends := map[int]int{1: 3, 3: 1}
				got, err := e.Generate(context.Background(), prompts, engine.GenerateOptions{MaxTokens: 7, Slots: 3, Token: func(prompt int, _ int32) (bool, error) {
					ends[prompt]--
					return ends[prompt] == 0, nil
				}})
				if err != nil {
					t.Fatal(err)
				}
				if longer(a) {
					compareWithBeginnings(t, e, prompts, got)
				} else {
					compareWithWhole(t, e, prompts, got)
				}
			})
		})
	}
}

// compiled are the variants that are continued on XLA too: between them they have every
// way to attend and to tell positions. XLA takes seconds to compile what each needs.
var compiled = []string{"bloom", "gemma2", "mistral-window", "mixtral", "opt", "phi3-longrope"}

// longer reports whether long sequences have other frequencies.
func longer(a *arch.Architecture) bool {
	return slices.ContainsFunc(a.Blocks, func(b *archpb.Block) bool {
		return slices.ContainsFunc(b.Steps, func(s *archpb.Step) bool { return s.GetRope().GetLonger() != nil })
	})
}

// compareWithBeginnings is compareWithWhole, with a pass for each token.
func compareWithBeginnings(t *testing.T, e *engine.Engine, prompts [][]int32, got []engine.Continuation) {
	t.Helper()
	for i, p := range prompts {
		for n := range got[i].Tokens {
			compareWithWhole(t, e, [][]int32{slices.Concat(p, got[i].Tokens[:n])}, []engine.Continuation{{Tokens: got[i].Tokens[n : n+1]}})
		}
	}
}

// compareWithWhole wants each token of a continuation to be the best one behind all
// before it.
func compareWithWhole(t *testing.T, e *engine.Engine, prompts [][]int32, got []engine.Continuation) {
	t.Helper()
	whole := make([]engine.Sample, len(prompts))
	for i, p := range prompts {
		// The last token may be one more than the model has positions for.
		whole[i].Tokens = slices.Concat(p, got[i].Tokens[:len(got[i].Tokens)-1])
	}
	err := e.Logits(context.Background(), whole, func(i int, logits []float32) error {
		vocab := len(logits) / len(whole[i].Tokens)
		var want []int32
		for place := len(prompts[i]) - 1; place < len(whole[i].Tokens); place++ {
			row := logits[place*vocab : (place+1)*vocab]
			want = append(want, int32(slices.Index(row, slices.Max(row))))
		}
		if !slices.Equal(got[i].Tokens, want) {
			t.Errorf("prompt %d: %v, want %v", i, got[i].Tokens, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
