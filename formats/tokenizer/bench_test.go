package tokenizer

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// prose is English-like text: 200 kB of 3,000 different words.
func prose() string {
	rng := rand.New(rand.NewPCG(1, 2))
	syllables := strings.Fields("the ing and er in on re to con ed is it en al at de pro ver sta tion com for men per un ly")
	words := make([]string, 3000)
	for i := range words {
		for n := 1 + rng.IntN(3); n > 0; n-- {
			words[i] += syllables[rng.IntN(len(syllables))]
		}
	}
	var b strings.Builder
	for b.Len() < 200_000 {
		b.WriteString(words[int(float64(len(words))*rng.Float64()*rng.Float64())])
		b.WriteString([]string{" ", " ", " ", " ", ", ", ". ", "\n"}[rng.IntN(7)])
	}
	return b.String()
}

func BenchmarkEncode(b *testing.B) {
	text := prose()
	mixed, _ := readGolden(b)
	for _, name := range []string{"gpt2", "llama3", "llama2", "gemma", "t5", "unigram_bytes"} {
		tok := load(b, name)
		for _, in := range []struct{ name, text string }{{"prose", text}, {"mixed", strings.Join(mixed, "\n")}} {
			b.Run(name+"/"+in.name, func(b *testing.B) {
				b.SetBytes(int64(len(in.text)))
				for b.Loop() {
					if _, err := tok.Encode(in.text, true); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// A word of 100,000 letters takes O(n log n), not O(n²).
func BenchmarkEncodeLongWord(b *testing.B) {
	word := strings.Repeat("transformation", 100_000/14)
	tok := load(b, "gpt2")
	b.SetBytes(int64(len(word)))
	for b.Loop() {
		if _, err := tok.Encode(word, false); err != nil {
			b.Fatal(err)
		}
	}
}
