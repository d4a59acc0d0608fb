package fused

import (
	"fmt"
	"os"
	"strings"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// Env names the variable that picks a kernel by name, for tests and measurements.
const Env = "NUGGET_KERNEL"

// Kernel is one way to compute tiles.
type Kernel struct {
	name       string
	rows, cols int // of a tile
	// bfloat16 has x and dY rounded to it. pairs says that the tiles take them so, two
	// tokens a word; otherwise they take them as the float32 that the rounding gives.
	bfloat16, pairs bool
	// blocks says that dY lies in blocks of [rows, 16 words] instead of [words, rows].
	blocks bool
	tile   [types]tileFunc
}

// tileFunc adds one seed to a tile of S. dy and x are packed panels, k words (or
// blocks of 16) deep, w and s the tile's first entries, their rows so many bytes apart.
type tileFunc func(dy, x *uint32, k int, w *byte, wStride int, s *float32, sStride int)

// blockWords is the depth of a block.
const blockWords = 16

// Name names the kernel as Env does.
func (k *Kernel) Name() string { return k.name }

// Native reports whether the processor multiplies what the kernel rounds to; if not,
// rounding to bfloat16 saves no time.
func (k *Kernel) Native() bool { return k.pairs == k.bfloat16 }

// Kernels lists what this machine can run, the best first. With bfloat16, x and dY
// are rounded to it; sums are float32 all the same.
func Kernels(bfloat16 bool) []*Kernel {
	var all []*Kernel
	for _, k := range append(native(), portable()) {
		switch {
		case k.pairs && !bfloat16:
			continue
		case k.pairs:
			all = append(all, k)
			continue
		}
		k.bfloat16 = bfloat16
		all = append(all, k)
	}
	return all
}

// Choose returns the kernel that Env names, or else the best.
func Choose(bfloat16 bool) (*Kernel, error) {
	all := Kernels(bfloat16)
	want := os.Getenv(Env)
	if want == "" {
		return all[0], nil
	}
	var names []string
	for _, k := range all {
		if k.name == want {
			return k, nil
		}
		names = append(names, k.name)
	}
	what := "float32"
	if bfloat16 {
		what = "bfloat16"
	}
	return nil, hint.With(fmt.Errorf("%s=%q: this machine has no such kernel for %s", Env, want, what),
		"it has "+strings.Join(names, ", "))
}

// words is how many words deep the panels for so many tokens are.
func (k *Kernel) words(tokens int) int {
	if k.pairs {
		tokens = (tokens + 1) / 2
	}
	if k.blocks {
		return roundUp(tokens, blockWords)
	}
	return tokens
}

// depth is what a tile takes as k.
func (k *Kernel) depth(words int) int {
	if k.blocks {
		return words / blockWords
	}
	return words
}

func roundUp(n, step int) int { return (n + step - 1) / step * step }
