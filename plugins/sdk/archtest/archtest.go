// Package archtest is the compliance kit for architecture plugins: one call of [Run]
// in a Go test asks a plugin, or its built binary, about checkpoints and checks what
// it says.
//
// It checks that the plugin says who it is; that it is pure (the same request, the
// same bytes, whatever was asked before or at the same time; neither the order of
// the configuration's keys nor keys it does not know change anything); that the
// description is one that the host takes for these tensors (names, shapes, roles,
// data flow: [arch.New]); that its modules can be told apart by PEFT; that the
// parameters are as many as the tensors' entries; and that a broken configuration
// ends in an error that names the key, never in a panic.
//
// It does not check the numbers, but those of attention where a checkpoint has them:
// whether the model described computes what HuggingFace's does is for a comparison of
// logits.
package archtest

import (
	"fmt"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Checkpoint is one checkpoint that a plugin is asked about.
type Checkpoint struct {
	Name    string // of the subtest
	GGUF    bool
	Config  []byte // config.json, or a GGUF file's metadata as one JSON object
	Tensors []arch.TensorHeader
	// Parameters is their number as counted elsewhere; 0: unknown. A tied weight
	// counts once.
	Parameters int64
	// Attention is what each layer's is, as computed elsewhere; nil: unknown.
	Attention []Attention
}

// request is what the host would ask.
func (c Checkpoint) request() *archpb.DescribeRequest {
	req := &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: c.Config}
	if c.GGUF {
		req.Format = archpb.DescribeRequest_FORMAT_GGUF
	}
	for _, t := range sorted(c.Tensors) {
		h := &archpb.TensorHeader{Name: t.Name, Dtype: t.DType}
		for _, d := range t.Shape {
			h.Shape = append(h.Shape, uint64(d))
		}
		req.Tensors = append(req.Tensors, h)
	}
	return req
}

// Run checks a plugin on checkpoints, each in a subtest of its name.
func Run(t *testing.T, target Target, checkpoints ...Checkpoint) {
	t.Helper()
	report := func(t *testing.T, problems []error) {
		t.Helper()
		for _, err := range problems {
			t.Error(err)
		}
	}
	t.Run("info", func(t *testing.T) { report(t, checkInfo(target)) })
	if len(checkpoints) == 0 {
		t.Error("no checkpoint to ask about")
	}
	for _, c := range checkpoints {
		t.Run(c.Name, func(t *testing.T) { report(t, check(target, c)) })
	}
	t.Run("purity", func(t *testing.T) { report(t, checkTogether(target, checkpoints)) })
}

// check runs every check on one checkpoint.
func check(target Target, c Checkpoint) []error {
	model, err := target.describe(c.request())
	if err != nil {
		return []error{fmt.Errorf("no description: %w", err)}
	}
	problems := checkModelType(target, c)
	a, err := arch.New(model, c.Tensors)
	if err != nil {
		problems = append(problems, fmt.Errorf("the host refuses the description: %w", err))
	} else {
		problems = append(problems, checkArchitecture(a, c)...)
	}
	problems = append(problems, checkAttention(model, c)...)
	problems = append(problems, checkPurity(target, c, model)...)
	return append(problems, checkBroken(target, c, model)...)
}
