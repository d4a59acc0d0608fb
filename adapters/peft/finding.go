package peft

import (
	"fmt"
	"slices"
	"strings"
)

// The rules that a Finding can be of.
const (
	RuleConfig      = "config"       // a setting that this package cannot do exactly
	RuleKey         = "key"          // a tensor that PEFT would ignore or that is no LoRA weight
	RulePair        = "pair"         // A without B, or B without A
	RuleShape       = "shape"        // shapes that do not fit the rank, each other or the base
	RuleType        = "type"         // a tensor that is not of a float type
	RuleFinite      = "finite"       // NaN or an infinity
	RuleTarget      = "target"       // weights of a module that target_modules does not name
	RuleMissing     = "missing"      // target_modules names a module without weights
	RuleUnknown     = "unknown"      // the base has no such module
	RuleKind        = "kind"         // a linear map's keys for an embedding, or the reverse; a norm
	RuleTied        = "tied"         // embeddings that share a weight
	RuleRouter      = "router"       // an expert router
	RuleFanInFanOut = "fan-in"       // fan_in_fan_out says otherwise than the base
	RulePortable    = "portable"     // PEFT applies it, other software ignores it
	RuleBase        = "base-weights" // the base's own weights are in the file
	RuleExperts     = "experts"      // PEFT takes the maps of all experts or of none
	RuleSave        = "save"         // modules_to_save
)

// Effect is what PEFT (0.21.2) does about a finding when it loads the adapter.
type Effect string

// The effects, the worst last.
const (
	Applied Effect = "applied" // it applies the adapter as it is
	Unknown Effect = "unknown" // it cannot be said
	Ignored Effect = "ignored" // it loads, but leaves something out: keys are unexpected or missing
	Refused Effect = "refused" // it ends with an error
)

// worst is the worse of two effects.
func worst(a, b Effect) Effect {
	order := []Effect{Applied, Unknown, Ignored, Refused}
	if slices.Index(order, a) > slices.Index(order, b) {
		return a
	}
	return b
}

// Finding is one thing that is not as it should be.
type Finding struct {
	Rule     string `json:"rule"`
	Module   string `json:"module,omitempty"` // its path, a setting of the config, or a tensor's name
	Found    string `json:"found"`
	Expected string `json:"expected"`
	PEFT     Effect `json:"peft"`
	// Warning says that PEFT, and this package, apply the adapter exactly nevertheless.
	Warning bool `json:"warning"`
	// Unsupported says that PEFT does what this package cannot.
	Unsupported bool `json:"unsupported,omitempty"`

	hint string
}

func (f Finding) String() string {
	var b strings.Builder
	if f.Module != "" {
		b.WriteString(f.Module + ": ")
	}
	fmt.Fprintf(&b, "found %s, expected %s", f.Found, f.Expected)
	return b.String()
}

// findingError is a Finding as the reason why an adapter cannot be used.
type findingError struct {
	path string // the adapter's folder
	Finding
	more int
}

func (e *findingError) Error() string {
	s := e.path + ": " + e.String()
	if e.more > 0 {
		s += fmt.Sprintf(" (and %d more like it)", e.more)
	}
	return s
}

func (e *findingError) Hint() string { return e.hint }

// firstError is the first finding that is no warning, as an error; nil: there is none.
func firstError(path string, findings []Finding) error {
	return firstOf(path, findings, func(f Finding) bool { return !f.Warning })
}

// firstOf is the first finding that is meant, as an error.
func firstOf(path string, findings []Finding, meant func(Finding) bool) error {
	var first *findingError
	for _, f := range findings {
		switch {
		case !meant(f):
		case first == nil:
			first = &findingError{path: path, Finding: f}
		case f.Rule == first.Rule:
			first.more++
		}
	}
	if first == nil {
		return nil
	}
	return first
}
