package peft

import (
	"fmt"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// Convert folds an adapter that was trained on the base with the negative of init
// merged into it, and that began at init, into one adapter of rank trained + init on
// the unmodified base: B = [B_t | -B0], A = [A_t ; A0], so that
// B A = B_t A_t - B0 A0 (arXiv 2310.11451, the paper's start). Weights of the base
// that PEFT saved with the trained adapter are left out: they are the modified base's.
func Convert(trained, init *Adapter) (*Adapter, error) {
	if err := sameModules(trained, init); err != nil {
		return nil, hint.With(err, "both must be of one transfer: init as it was written, and what training made of it")
	}
	rank := trained.Rank + init.Rank
	out := &Adapter{BaseModel: init.BaseModel, Rank: rank, FanInFanOut: init.FanInFanOut}
	for i, t := range trained.Modules {
		m := Module{Path: t.Path, Embedding: t.Embedding, Out: t.Out, In: t.In}
		m.A = append(append(make([]float32, 0, rank*t.In), t.A...), init.Modules[i].A...)
		m.B = make([]float32, 0, t.Out*rank)
		for o := range t.Out {
			m.B = append(m.B, t.B[o*trained.Rank:(o+1)*trained.Rank]...)
			for _, v := range init.Modules[i].B[o*init.Rank : (o+1)*init.Rank] {
				m.B = append(m.B, -v)
			}
		}
		out.Modules = append(out.Modules, m)
	}
	return out, nil
}

func sameModules(trained, init *Adapter) error {
	for _, m := range init.Modules {
		if trained.Module(m.Path) == nil {
			return fmt.Errorf("init has %s, but the trained adapter does not", m.Path)
		}
	}
	for _, m := range trained.Modules {
		i := init.Module(m.Path)
		if i == nil {
			return fmt.Errorf("the trained adapter has %s, but init does not", m.Path)
		}
		if i.Embedding != m.Embedding || i.Out != m.Out || i.In != m.In {
			return fmt.Errorf("%s: the trained adapter changes %s by a B A of [%d, %d], init %s by [%d, %d]",
				m.Path, kindName(m.Embedding), m.Out, m.In, kindName(i.Embedding), i.Out, i.In)
		}
	}
	return nil
}
