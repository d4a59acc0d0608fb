// Package archcheck asks an architecture plugin about checkpoints and says what is
// wrong with what it says, in plain words: what was found and what was expected. The
// compliance kit of plugin authors (plugins/sdk/archtest) and `nugget plugins check`
// are two ways to call it.
//
// It checks that the plugin says who it is; that it is pure (the same request, the
// same bytes, whatever was asked before or at the same time; neither the order of the
// configuration's keys nor keys it does not know change anything); that the
// description is one that the host takes for these tensors (names, shapes, roles,
// data flow: [arch.New]); that its modules can be told apart by PEFT; that the
// parameters are as many as the tensors' entries; and that a broken configuration
// ends in an error that names the key, never in a panic.
//
// It does not check the numbers, but those of attention where a checkpoint has them:
// whether the model described computes what HuggingFace's does is for a comparison of
// logits. It starts no process: it is given a [Target] to ask.
package archcheck

import (
	"errors"
	"fmt"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Target is the plugin that is asked.
type Target struct {
	// File is the name of the plugin's program; "": it is none.
	File string
	// Info and Describe ask. An error that is a [Fault] says that the plugin did not
	// answer as it should, any other is the plugin's own; one that wraps [ErrStop]
	// ends the checks.
	Info     func() (*archpb.InfoResponse, error)
	Describe func(*archpb.DescribeRequest) (*archpb.Model, error)
}

// Fault is the error of a plugin that gave no answer: it panicked, crashed or hung.
type Fault struct{ What string }

func (f *Fault) Error() string { return f.What }

// ErrStop is the error of a [Target] that is not to be asked any more.
var ErrStop = errors.New("asked no further")

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

// Request is what the host would ask.
func (c Checkpoint) Request() *archpb.DescribeRequest {
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

// source is what errors call the configuration.
func (c Checkpoint) source() string {
	if c.GGUF {
		return "metadata"
	}
	return "config.json"
}

// Result is what came of one check.
type Result struct {
	Check    string    `json:"check"`            // "info", "description", "purity", ...
	About    string    `json:"about,omitempty"`  // the checkpoint's name; "": the plugin itself
	Detail   string    `json:"detail,omitempty"` // what was seen, when that is as it should be
	Problems []Problem `json:"problems,omitempty"`
}

// Sound reports whether nothing is wrong; notes may be there.
func (r Result) Sound() bool {
	for _, p := range r.Problems {
		if !p.Note {
			return false
		}
	}
	return true
}

func (r *Result) add(problems ...Problem) { r.Problems = append(r.Problems, problems...) }

// Problem is one thing that is not as it should be.
type Problem struct {
	Subject  string `json:"subject,omitempty"` // what it is about: a key, a module, a layer
	Found    string `json:"found"`
	Expected string `json:"expected"`
	// Note says that nothing is wrong: an author should look at it nevertheless.
	Note bool `json:"note,omitempty"`
}

func (p Problem) String() string {
	text := fmt.Sprintf("found %s, expected %s", p.Found, p.Expected)
	if p.Subject != "" {
		text = p.Subject + ": " + text
	}
	return text
}

// Check runs every check on one checkpoint.
func Check(target Target, c Checkpoint) []Result {
	description := Result{Check: "description", About: c.Name}
	model, err := target.Describe(c.Request())
	if errors.Is(err, ErrStop) {
		return nil
	}
	if err != nil {
		description.add(Problem{Found: told(err), Expected: "a description"})
		return []Result{description}
	}
	return append([]Result{checkModelType(target, c)}, checkModel(target, c, model, true)...)
}

// checkModel checks a checkpoint's description.
func checkModel(target Target, c Checkpoint, model *archpb.Model, breakKeys bool) []Result {
	description := Result{Check: "description", About: c.Name}
	a, err := arch.New(model, c.Tensors)
	if err != nil {
		description.add(Problem{Found: "a description that the host refuses: " + err.Error(), Expected: "one that it takes"})
	} else {
		description.Detail = fmt.Sprintf("family %s, %s, %s", a.Family, count(len(a.Layers), "layer"), count(len(a.Modules), "module"))
	}
	results := []Result{description}
	if a != nil {
		results = append(results, checkNames(a, c), checkParameters(a, c))
	}
	if c.Attention != nil {
		results = append(results, checkAttention(model, c))
	}
	results = append(results, checkPurity(target, c, model))
	if breakKeys {
		results = append(results, checkBroken(target, c, model))
	}
	return results
}

// told is an error of a plugin's as what was found.
func told(err error) string {
	var f *Fault
	if errors.As(err, &f) {
		return "that the plugin " + f.What
	}
	return fmt.Sprintf("the error %q", err.Error())
}

// faulty reports whether an error is no answer. What an SDK makes of a panic is none.
func faulty(err error) bool {
	var f *Fault
	return errors.As(err, &f) || err != nil && strings.Contains(err.Error(), "panicked: ")
}
