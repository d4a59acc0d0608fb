package main

import (
	"fmt"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// need is the memory that commands take with a model, about. All is what they take where
// every weight stays in memory, which is faster; 0: they never do that.
type need struct {
	Commands []string `json:"commands"`
	Bytes    uint64   `json:"bytes"`
	All      uint64   `json:"all,omitempty"`
}

// needTokens is the length of the samples that needs are about.
const needTokens = 512

// What the program takes: by itself; at most with parts of the vocabulary and the seeds at
// work beside it; and at most the garbage that piles up where little is live.
const (
	programIdle = 60 << 20
	mostAtWork  = 140 << 20
	mostGarbage = 128 << 20
)

// needs are those on the go backend, for samples of needTokens. XLA's library and
// compiler take some 200 MiB more.
func needs(a *arch.Architecture) []need {
	const xs = 4 // bytes of a float32
	var layer, all, wide uint64
	for l := range a.Layers {
		var entries, widths uint64
		for _, m := range a.LayerModules(l) {
			entries += uint64(parameters(m))
			if m.Kind == arch.Linear {
				widths += uint64(m.Out + m.In)
			}
		}
		all += entries
		layer, wide = max(layer, entries), max(wide, widths)
	}
	var vocabulary uint64
	for _, m := range a.Modules {
		if m.Layer == arch.Outside {
			n := uint64(parameters(m))
			all += n
			vocabulary = max(vocabulary, n)
		}
	}
	// The inputs and outputs of a layer's linear maps and their gradients.
	activations := 2 * xs * needTokens * wide
	program := programIdle + min(mostAtWork, 4*(xs*vocabulary+activations))
	garbage := min(mostGarbage, 4*(xs*layer+activations))
	return []need{
		{Commands: []string{"transfer", "score"}, Bytes: program + activations + 2*xs*max(layer, vocabulary)*6/5},
		{Commands: []string{"train"}, Bytes: program + garbage + activations + 2*xs*layer, All: program + garbage + activations + xs*all},
		{Commands: []string{"eval"}, Bytes: program + garbage + activations/2 + xs*layer},
		{Commands: []string{"generate"}, Bytes: program + xs*layer, All: programIdle + xs*all},
		{Commands: []string{"verify", "merge"}, Bytes: programIdle},
	}
}

// String writes what commands take.
func (n need) String() string {
	text := bytesize(n.Bytes)
	if n.All > n.Bytes/10*11 {
		text = fmt.Sprintf("%s, %s with all weights held", text, bytesize(n.All))
	}
	return text
}
