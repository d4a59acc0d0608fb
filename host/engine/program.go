package engine

import (
	"fmt"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// program is a run of steps that becomes one graph: the prologue, a block, or the
// epilogue up to the unembedding. Its inputs and its output are [T, width].
type program struct {
	name   string
	steps  []*archpb.Step
	inputs []port
	output string // the value that the program gives; "": its last step's

	// params are the learned tensors in the order in which the graph takes them,
	// ropes the Rope steps in the order in which it takes their tables.
	params []param
	ropes  []*archpb.Rope

	attentions []*archpb.Attention // the steps that look from row to row
}

// port is a value that a program is given.
type port struct {
	name  string
	width int
}

// param is one learned tensor of a program, with {layer} still unexpanded.
type param struct {
	paramKey
	rows, cols int // linear maps: [rows, cols] = [out, in]; vectors: cols 0
}

// paramKey tells the params of one program apart.
type paramKey struct {
	module string // the template of the module's path
	expert int    // -1: not an expert's
	bias   bool
}

// size is the number of entries.
func (p param) size() int { return p.rows * max(p.cols, 1) }

// matrix reports whether p is a linear map's weight.
func (p param) matrix() bool { return p.cols > 0 }

// newProgram lists what the steps need.
func newProgram(name string, steps []*archpb.Step, inputs []port, output string) (*program, error) {
	p := &program{name: name, steps: steps, inputs: inputs, output: output}
	seen := make(map[paramKey]bool)
	if err := p.collect(steps, -1, seen); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

func (p *program) collect(steps []*archpb.Step, expert int, seen map[paramKey]bool) error {
	for i, step := range steps {
		var err error
		switch op := step.Op.(type) {
		case *archpb.Step_Linear:
			err = p.addLinear(op.Linear, expert, seen)
		case *archpb.Step_Norm:
			if op.Norm.Module != nil {
				err = p.addNorm(op.Norm, expert, seen)
			}
		case *archpb.Step_Rope:
			p.ropes = append(p.ropes, op.Rope)
		case *archpb.Step_Attention:
			p.attentions = append(p.attentions, op.Attention)
		case *archpb.Step_Experts:
			err = p.addExperts(op.Experts, expert, seen)
		case *archpb.Step_Embed:
			err = fmt.Errorf("embeddings are looked up in the prologue only")
		}
		if err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return nil
}

func (p *program) addLinear(l *archpb.Linear, expert int, seen map[paramKey]bool) error {
	if l.Module.TiedTo != "" {
		return fmt.Errorf("%s is tied to %s: only an unembedding may share a weight, with the embedding", l.Module.Path, l.Module.TiedTo)
	}
	if err := p.add(param{paramKey{l.Module.Path, expert, false}, int(l.Out), int(l.In)}, seen); err != nil {
		return err
	}
	if l.Module.Bias {
		return p.add(param{paramKey{l.Module.Path, expert, true}, int(l.Out), 0}, seen)
	}
	return nil
}

func (p *program) addNorm(n *archpb.Norm, expert int, seen map[paramKey]bool) error {
	size := int(n.Width) * max(int(n.Groups), 1)
	if err := p.add(param{paramKey{n.Module.Path, expert, false}, size, 0}, seen); err != nil {
		return err
	}
	if n.Module.Bias {
		return p.add(param{paramKey{n.Module.Path, expert, true}, size, 0}, seen)
	}
	return nil
}

func (p *program) addExperts(x *archpb.Experts, expert int, seen map[paramKey]bool) error {
	if expert >= 0 {
		return fmt.Errorf("experts within experts")
	}
	if err := p.addLinear(x.Router, expert, seen); err != nil {
		return err
	}
	for e := range int(x.Count) {
		if err := p.collect(x.Body, e, seen); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) add(q param, seen map[paramKey]bool) error {
	if seen[q.paramKey] {
		return fmt.Errorf("%s is used twice in one program", q.module)
	}
	seen[q.paramKey] = true
	p.params = append(p.params, q)
	return nil
}

// splitPrologue takes the lookups out of the prologue: what they give are the
// inputs of the rest, under the names that the rest knows them by.
func splitPrologue(steps []*archpb.Step) (lookups []lookup, rest *program, err error) {
	var inputs []port
	var kept []*archpb.Step
	previous := "" // the anonymous output of the lookup before
	for i, step := range steps {
		embed := step.GetEmbed()
		if embed == nil {
			if len(step.In) == 0 && previous != "" {
				step = &archpb.Step{In: []string{previous}, Out: step.Out, Op: step.Op}
			}
			previous = ""
			kept = append(kept, step)
			continue
		}
		name := fmt.Sprintf("lookup %d", i)
		if len(step.Out) > 0 {
			name = step.Out[0]
		}
		previous = name
		lookups = append(lookups, lookup{embed: embed, positions: len(step.In) > 0 && step.In[0] == "positions"})
		inputs = append(inputs, port{name, int(embed.Width)})
	}
	rest, err = newProgram("prologue", kept, inputs, residual)
	return lookups, rest, err
}

// splitEpilogue cuts the epilogue at the unembedding, its last linear map: before
// runs per position; after works on each logit by itself, so that the logits may
// be computed in chunks of the vocabulary.
func splitEpilogue(steps []*archpb.Step, hidden int) (before *program, unembed *archpb.Linear, after []*archpb.Step, err error) {
	cut := -1
	for i, step := range steps {
		if step.GetLinear() != nil {
			cut = i
		}
	}
	if cut < 0 {
		return nil, nil, nil, fmt.Errorf("epilogue: no linear map gives the logits")
	}
	unembed, after = steps[cut].GetLinear(), steps[cut+1:]
	for _, step := range after {
		if step.GetScale() == nil && step.GetSoftcap() == nil && step.GetActivation() == nil {
			return nil, nil, nil, fmt.Errorf("epilogue: only scale, softcap and activation may follow the unembedding %s", unembed.Module.Path)
		}
	}
	for _, step := range steps[:cut] {
		if step.GetAttention() != nil || step.GetRope() != nil {
			return nil, nil, nil, fmt.Errorf("epilogue: attention and rope belong in a block")
		}
	}
	output := ""
	if in := steps[cut].In; len(in) > 0 {
		output = in[0]
	}
	before, err = newProgram("epilogue", steps[:cut], []port{{residual, hidden}}, output)
	return before, unembed, after, err
}

// residual is the name of the residual stream.
const residual = "h"

// identity reports whether the program hands its one input on as it is.
func (p *program) identity() bool {
	return len(p.steps) == 0 && len(p.inputs) == 1 && (p.output == "" || p.output == p.inputs[0].name)
}

// moduleOf finds the module of a param in one layer.
func moduleOf(a *arch.Architecture, p param, layer int) (*arch.Module, error) {
	path := arch.Expand(p.module, layer, p.expert)
	m := a.Module(path)
	if m == nil {
		return nil, fmt.Errorf("the description names no module %s", path)
	}
	return m, nil
}
