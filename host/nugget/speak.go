package main

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/host/engine"
)

// The flags of the commands that let a model speak, and what they stand for.

func speakFlags(most int) []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{Name: "max-tokens", Value: most, Usage: "say at most `N` tokens"},
		&cli.StringSliceFlag{Name: "stop", KeepSpace: true, Usage: "end in front of `TEXT`; may be repeated"},
		&cli.StringFlag{Name: "max-memory", Usage: "use about `SIZE` of memory, such as 6GB: weights that don't fit are read again for every token", DefaultText: "most of what is free"},
	}
}

// speaking is how a model continues prompts, by the flags.
type speaking struct {
	most   int
	stops  []string
	slots  int
	memory int64 // 0: what is free
}

func newSpeaking(c *cli.Context) (speaking, error) {
	s := speaking{stops: c.StringSlice("stop"), slots: 1}
	var err error
	if s.most, err = positive(c, "max-tokens"); err != nil {
		return s, err
	}
	if slices.Contains(s.stops, "") {
		return s, misused(c, "--stop is empty")
	}
	s.memory, err = memoryLimit(c)
	return s, err
}

// hold keeps in memory what fits of the weights, beside what sequences of so many tokens
// need.
func (s speaking) hold(ui *terminal, e *engine.Engine, longest int) {
	limit := s.memory
	if limit == 0 {
		limit = freeMemory() / 10 * 9
	}
	if limit == 0 {
		limit = 1 << 62 // nobody knows
	}
	const program = 200 << 20 // itself, with what one step takes
	all, _ := e.WeightBytes()
	held := e.Hold(max(limit-e.CacheBytes(s.slots, longest)-program, 0))
	if held.Bytes < all {
		ui.warning(fmt.Sprintf("%s of the weights, which take %s, stay in memory: the others are read again for every token",
			bytesize(uint64(held.Bytes)), bytesize(uint64(all))))
	}
}
