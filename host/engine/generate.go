package engine

import (
	"context"
	"fmt"

	"slices"
)

// GenerateOptions says how Generate continues prompts.
type GenerateOptions struct {
	// MaxTokens bounds each continuation. At least 1.
	MaxTokens int
	// Stop are the tokens that end a continuation, which keeps them.
	Stop []int32
	// Slots is how many prompts are continued side by side. 0: 8.
	Slots int
	// Token, when not nil, is told of each token as soon as it is chosen. The
	// continuation ends there where it returns true.
	Token func(prompt int, token int32) (end bool, err error)
}

// Continuation is what Generate puts behind a prompt.
type Continuation struct {
	Tokens []int32
	// Ended says that the model, or Token, ended it; else it was cut, at MaxTokens or
	// where the model's positions end.
	Ended bool
}

const (
	slotsByDefault = 8
	// refillShare is the share of the slots that must be free before new prompts take
	// them, so that prompts run in company.
	refillShare = 4
)

// Generate continues prompts greedily: at every step the token with the largest
// logit, the first of equal ones. Keys and values of earlier tokens are kept.
//
// As in transformers, keys keep the rotation of the time when they were computed,
// which matters where RoPE's frequencies grow with the sequence (DynamicNTK); where a
// sequence becomes so long that others count (Longer), all of it is computed again.
//
// Weights that Hold does not keep are read again for every token: hold them if they
// fit, beside CacheBytes.
//
// Prompts that run side by side share products, whose rounding may differ from that of
// a prompt alone: where two logits are equal but for rounding, either may win. Equal
// calls give equal tokens.
func (e *Engine) Generate(ctx context.Context, prompts [][]int32, opts GenerateOptions) ([]Continuation, error) {
	g, err := e.newGeneration(ctx, prompts, opts)
	if err != nil {
		return nil, err
	}
	defer g.close()
	for {
		if err := g.admit(ctx); err != nil {
			return nil, err
		}
		if len(g.active) == 0 {
			return g.done, nil
		}
		if err := g.step(ctx); err != nil {
			return nil, err
		}
		g.dev.graphs.trim()
	}
}

// generation is one call of Generate.
type generation struct {
	*Engine
	opts    GenerateOptions
	weights *stack
	caches  *caches
	queue   []*sequence // not begun
	active  []*sequence // in slot order
	done    []Continuation
	restore func()
}

// sequence is a prompt with what follows it so far.
type sequence struct {
	prompt int // its index
	slot   int
	tokens []int32
	given  int // the prompt's
	most   int // tokens that it may come to
}

func (e *Engine) newGeneration(ctx context.Context, prompts [][]int32, opts GenerateOptions) (*generation, error) {
	if opts.MaxTokens < 1 {
		return nil, fmt.Errorf("at most %d tokens, expected at least 1", opts.MaxTokens)
	}
	g := &generation{Engine: e, opts: opts, done: make([]Continuation, len(prompts))}
	for i, p := range prompts {
		if err := e.check(Sample{Tokens: p}, false); err != nil {
			return nil, g.promptError(i, err)
		}
		s := &sequence{prompt: i, tokens: slices.Clone(p), given: len(p), most: len(p) + opts.MaxTokens}
		for _, l := range e.lookups {
			if l.positions {
				// The last token is never looked up.
				s.most = min(s.most, int(l.embed.Rows-l.embed.Offset)+1)
			}
		}
		g.queue = append(g.queue, s)
	}
	if g.opts.Slots < 1 {
		g.opts.Slots = slotsByDefault
	}
	g.opts.Slots = max(min(g.opts.Slots, len(prompts)), 1)
	g.restore = keepPace()
	g.caches = e.newCaches(g.opts.Slots)
	var err error
	if g.weights, err = e.newStack(ctx); err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

func (g *generation) close() {
	g.weights.free()
	g.caches.free()
	g.restore()
}

// CacheBytes is what Generate needs beside the weights, for sequences that come to so
// many tokens in so many slots.
func (e *Engine) CacheBytes(slots, tokens int) int64 {
	return e.newCaches(slots).bytes(tokens)
}

// admit gives free slots to prompts that wait.
func (g *generation) admit(ctx context.Context) error {
	free := g.caches.slots - len(g.active)
	wanted := max(g.caches.slots/refillShare, 1)
	if !g.weights.resident {
		wanted = g.caches.slots // to begin costs as much as a step
	}
	if len(g.queue) == 0 || len(g.active) > 0 && free < wanted {
		return nil
	}
	taken := make([]bool, g.caches.slots)
	for _, s := range g.active {
		taken[s.slot] = true
	}
	var fresh []*sequence
	for slot := range taken {
		if !taken[slot] && len(g.queue) > 0 {
			s := g.queue[0]
			s.slot, g.queue = slot, g.queue[1:]
			fresh = append(fresh, s)
		}
	}
	g.active = append(g.active, fresh...)
	slices.SortFunc(g.active, func(a, b *sequence) int { return a.slot - b.slot })
	if err := g.caches.reserve(g.longest()); err != nil {
		return err
	}
	return g.prefill(ctx, fresh)
}

// step gives every active sequence its next token.
func (g *generation) step(ctx context.Context) error {
	if err := g.shrink(); err != nil {
		return err
	}
	if err := g.caches.reserve(g.longest()); err != nil {
		return err
	}
	var again, next []*sequence
	for _, s := range g.active {
		if g.turns(len(s.tokens)) {
			again = append(again, s)
		} else {
			next = append(next, s)
		}
	}
	if len(again) > 0 {
		if err := g.prefill(ctx, again); err != nil {
			return err
		}
	}
	if len(next) > 0 {
		return g.decode(ctx, next)
	}
	return nil
}

// turns reports whether a sequence has just become so long that its keys must be
// computed again, with other frequencies.
func (g *generation) turns(length int) bool {
	for _, b := range g.blocks {
		for _, r := range b.ropes {
			if r.Longer != nil && length == int(r.Longer.Above)+1 {
				return true
			}
		}
	}
	return false
}

// shrink drops the slots that no prompt waits for.
func (g *generation) shrink() error {
	n := len(g.active)
	if !g.dev.pureGo {
		// Every number of slots is a graph to be compiled: halve it only.
		n = g.caches.slots
		for n/2 >= len(g.active) {
			n /= 2
		}
	}
	if len(g.queue) > 0 || n >= g.caches.slots {
		return nil
	}
	from := make([]int, n)
	for i := range from {
		from[i] = -1
	}
	for i, s := range g.active {
		from[i], s.slot = s.slot, i
	}
	return g.caches.rearrange(from, g.caches.capacity)
}

// longest is the number of tokens that the caches need room for.
func (g *generation) longest() int {
	n := 0
	for _, s := range g.active {
		n = max(n, len(s.tokens))
	}
	return n
}

func (g *generation) promptError(prompt int, err error) error {
	return fmt.Errorf("%s: %w", g.nameOf(prompt), err)
}

func (g *generation) nameOf(prompt int) string {
	return fmt.Sprintf("prompt %d of %d", prompt+1, len(g.done))
}
