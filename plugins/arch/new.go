package arch

import (
	"fmt"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// New checks a plugin's description against the checkpoint's tensors and expands it.
// The description is not trusted: whatever it says, New returns an error or an
// Architecture that holds what the package promises. The tensors are, as the readers
// of checkpoints have checked them; their order does not matter.
//
// Errors name the step, and for a tensor its name, what was found and what was
// expected. The model must not be changed afterwards.
func New(model *archpb.Model, tensors []TensorHeader) (*Architecture, error) {
	a, modules, err := describe(model)
	if err != nil {
		return nil, err
	}
	if err := a.bind(modules, tensors, model.Ignore); err != nil {
		return nil, err
	}
	return a, nil
}

// describe checks and expands a description by itself, without a checkpoint.
func describe(model *archpb.Model) (*Architecture, []placed, error) {
	if err := checkLimits(model); err != nil {
		return nil, nil, err
	}
	a := &Architecture{
		Family:       model.Family,
		MaxPositions: int(model.MaxPositions),
		Prologue:     model.Prologue,
		Blocks:       model.Blocks,
		Epilogue:     model.Epilogue,
		byPath:       make(map[string]*Module),
	}
	uses, err := a.checkPrograms(model)
	if err != nil {
		return nil, nil, err
	}
	modules, err := a.expand(uses)
	if err != nil {
		return nil, nil, err
	}
	return a, modules, nil
}

// programs is what the programs use: prologue, each block, epilogue.
type programs struct {
	prologue, epilogue []use
	blocks             [][]use
}

// checkPrograms runs every program on widths and sets the sizes of a.
func (a *Architecture) checkPrograms(model *archpb.Model) (programs, error) {
	var p programs
	prologue := newFlow(inPrologue)
	prologue.set(tokens, &value{index: true})
	prologue.set(positions, &value{index: true})
	var err error
	if a.Hidden, err = prologue.run("prologue", model.Prologue, residual); err != nil {
		return p, err
	}
	p.prologue = prologue.uses
	embeddings := 0
	for _, u := range p.prologue {
		if u.module.GetRole() == archpb.Role_ROLE_EMBED {
			embeddings++
		}
	}
	if embeddings != 1 {
		return p, fmt.Errorf("prologue: %d embeddings of tokens, expected one", embeddings)
	}
	for i, b := range model.Blocks {
		what := fmt.Sprintf("block %.40q", b.GetName())
		if b.GetName() == "" {
			what = fmt.Sprintf("block %d", i)
		}
		block := newFlow(inBlock)
		block.set(residual, &value{width: a.Hidden})
		width, err := block.run(what, b.GetSteps(), residual)
		if err != nil {
			return p, err
		}
		if width != a.Hidden {
			return p, fmt.Errorf("%s: h has width %d after it, expected %d as before", what, width, a.Hidden)
		}
		p.blocks = append(p.blocks, block.uses)
	}
	used := make([]bool, len(model.Blocks))
	for i, b := range model.Layers {
		if int64(b) >= int64(len(model.Blocks)) {
			return p, fmt.Errorf("layer %d runs block %d of %d", i, b, len(model.Blocks))
		}
		used[b] = true
		a.Layers = append(a.Layers, int(b))
	}
	for i, used := range used {
		if !used {
			return p, fmt.Errorf("block %d (%.40q) is run by no layer", i, model.Blocks[i].Name)
		}
	}
	epilogue := newFlow(inEpilogue)
	epilogue.set(residual, &value{width: a.Hidden})
	if a.Vocab, err = epilogue.run("epilogue", model.Epilogue, logits); err != nil {
		return p, err
	}
	if !epilogue.unembedded {
		return p, fmt.Errorf("epilogue: no linear map of role %v gives the logits", archpb.Role_ROLE_UNEMBED)
	}
	p.epilogue = epilogue.uses
	return p, nil
}
