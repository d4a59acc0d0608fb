package transfer

import (
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Report is transfer.json: what was taken from where, and all that is needed to do it
// again. It has no times and nothing of the machine, so equal runs give equal bytes.
type Report struct {
	Method   string            `json:"method"`
	Versions map[string]string `json:"versions"`
	Teacher  ModelReport       `json:"teacher"`
	Student  ModelReport       `json:"student"`
	Seeds    SeedsReport       `json:"seeds"`
	Options  OptionsReport     `json:"options"`

	Losses      []float64 `json:"losses"`       // of the teacher, by sample
	LayerScores []float64 `json:"layer_scores"` // by the teacher's layer
	// Layers are the teacher's layers for the student's layers 0, 1, ...
	Layers  []int          `json:"layers"`
	Modules []ModuleReport `json:"modules"` // in the student's program order
	// LeftOut are lines of what was left out and why: "embeddings: they ...".
	LeftOut []string `json:"left_out"`
}

// ModelReport identifies a checkpoint.
type ModelReport struct {
	Path   string `json:"path"` // as it was named
	Family string `json:"family"`
	Format string `json:"format"`
	Layers int    `json:"layers"`
	Hidden int    `json:"hidden"`
	Vocab  int    `json:"vocab"`
	// SHA256 is that of the files' list as sha256sum prints it.
	SHA256 string `json:"sha256"`
	Files  []File `json:"files"` // config and weights
}

// File is a file and its SHA-256 in hex.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// SeedsReport is about the samples.
type SeedsReport struct {
	Path    string `json:"path"`
	SHA256  string `json:"sha256"`
	Samples int    `json:"samples"`
	Tokens  int    `json:"tokens"`
	Counted int    `json:"counted"` // tokens whose loss counts
}

// OptionsReport are the choices.
type OptionsReport struct {
	Rank         int    `json:"rank"`
	Start        string `json:"start"`
	Layers       string `json:"layers"`
	Structure    string `json:"structure"`
	Modules      string `json:"modules"`
	AllowSmaller bool   `json:"allow_smaller"`
	RNGSeed      uint64 `json:"rng_seed"`
	Template     string `json:"template,omitempty"`
	MaxLength    int    `json:"max_length,omitempty"`
	Backend      string `json:"backend"`
	Compute      string `json:"compute,omitempty"` // "bf16"; else float32
	// Activations is how many bytes of the forward pass were kept at most.
	Activations int64 `json:"activations,omitempty"`
}

// ModuleReport is about one of the student's modules. One that is fused has parts in
// place of teacher and window.
type ModuleReport struct {
	Path string `json:"path"`
	// Role is what it is for, in the words of `nugget inspect`; Layer the student's, nil
	// outside the layers. Both are empty in files of before.
	Role    string       `json:"role,omitempty"`
	Layer   *int         `json:"layer,omitempty"`
	Teacher string       `json:"teacher,omitempty"`
	Window  *Window      `json:"window,omitempty"`
	Parts   []PartReport `json:"parts,omitempty"`
	// Energy is the share of the window's squared Frobenius norm that the factors keep.
	Energy float64 `json:"energy"`
}

// PartReport is about a part of a fused module.
type PartReport struct {
	Part    string `json:"part"`
	Teacher string `json:"teacher"`
	Window  Window `json:"window"`
}

func newReport(p *plan, m *measured, samples []seeds.Sample) *Report {
	o := p.opts
	r := &Report{
		Method:   "arXiv:2310.11451",
		Versions: versions(),
		Teacher:  describe(p.teacher),
		Student:  describe(p.student),
		Seeds:    SeedsReport{Path: o.Seeds, Samples: len(samples)},
		Options: OptionsReport{
			Rank: o.Rank, Start: o.Start, Layers: o.Layers, Structure: o.Structure, Modules: o.Modules,
			AllowSmaller: o.AllowSmaller, RNGSeed: o.RNGSeed, Template: o.Template, MaxLength: o.MaxLength, Backend: m.backend,
			Activations: o.Engine.Activations,
		},
		Losses: m.losses, LayerScores: m.scores, LeftOut: []string{},
	}
	if o.Engine.BFloat16 {
		r.Options.Compute = "bf16"
	}
	for _, s := range samples {
		r.Seeds.Tokens += len(s.Tokens)
		r.Seeds.Counted += countedOf(s)
	}
	return r
}

// countedOf is how many tokens of a sample are predicted and count.
func countedOf(s seeds.Sample) int {
	n := 0
	for i, l := range s.Labels {
		if i > 0 && l != seeds.Ignored {
			n++
		}
	}
	return n
}

func describe(m Model) ModelReport {
	format := "huggingface"
	if m.Checkpoint.Format() == checkpoint.GGUF {
		format = "gguf"
	}
	a := m.Arch
	return ModelReport{Path: m.name(), Family: a.Family, Format: format, Layers: len(a.Layers), Hidden: a.Hidden, Vocab: a.Vocab}
}

// describe adds the modules, in the order in which they were given.
func (r *Report) describe(all []given) {
	for _, g := range all {
		m := ModuleReport{Path: g.module.Path, Role: peft.RoleName(g.module.Role), Energy: g.energy}
		if g.module.Layer != arch.Outside {
			m.Layer = &g.module.Layer
		}
		if g.module.Parts == nil {
			m.Teacher, m.Window = g.parts[0].teacher, &g.parts[0].window
		} else {
			for _, p := range g.parts {
				m.Parts = append(m.Parts, PartReport{p.name, p.teacher, p.window})
			}
		}
		r.Modules = append(r.Modules, m)
	}
}

// versions is what computed the numbers.
func versions() map[string]string {
	v := map[string]string{"nugget": "unknown", "go": runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	const own = "github.com/neuralnuggets/nugget"
	if info.Main.Path == own && info.Main.Version != "" {
		v["nugget"] = info.Main.Version
	}
	for _, d := range info.Deps {
		if name, ok := strings.CutPrefix(d.Path, "github.com/gomlx/"); ok {
			v[name] = d.Version
		}
		if d.Path == own {
			v["nugget"] = d.Version
		}
	}
	return v
}
