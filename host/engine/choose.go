package engine

import (
	"fmt"
	"slices"
)

// choose takes the next token of each of some sequences from their logits, whose rows
// are in the order that row says, and retires those that have come to their end.
func (g *generation) choose(seqs []*sequence, logits []float32, row func(i int) int) error {
	vocab := g.arch.Vocab
	for i, s := range seqs {
		token, err := largest(logits[row(i)*vocab : (row(i)+1)*vocab])
		if err != nil {
			return g.promptError(s.prompt, fmt.Errorf("token %d, logits: %w", len(s.tokens), err))
		}
		s.tokens = append(s.tokens, token)
		end := slices.Contains(g.opts.Stop, token)
		if g.opts.Token != nil {
			asked, err := g.opts.Token(s.prompt, token)
			if err != nil {
				return err
			}
			end = end || asked
		}
		if end || len(s.tokens) >= s.most {
			g.done[s.prompt] = Continuation{Tokens: s.tokens[s.given:], Ended: end}
			g.active = slices.DeleteFunc(g.active, func(o *sequence) bool { return o == s })
		}
	}
	return nil
}

// largest is the index of the largest value, the first of equal ones.
func largest(values []float32) (int32, error) {
	best := 0
	for i, v := range values {
		if v-v != 0 {
			return 0, fmt.Errorf("%v at entry %d", v, i)
		}
		if v > values[best] {
			best = i
		}
	}
	return int32(best), nil
}
