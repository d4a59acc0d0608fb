package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/host/plugin"
	"github.com/neuralnuggets/nugget/host/transfer"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

func (a *app) inspectCommand() *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "show a model as its plugin describes it, two side by side, or an adapter",
		UsageText: "nugget inspect [--json] MODEL|ADAPTER\nnugget inspect [--json] --compare STUDENT TEACHER",
		Description: `MODEL is a HuggingFace folder, a .gguf file, or a hub id in the local cache; ADAPTER is a folder of PEFT's
or of a transfer's. Of equal layers the modules are shown once; --json has every one.

--compare shows what a transfer with the usual options would take from where, and what it would leave out.`,
		Flags: flags(
			&cli.StringFlag{Name: "compare", Usage: "show the model beside `STUDENT`, as its teacher"},
			jsonFlag(), pluginFlags(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.inspect),
	}
}

func (a *app) inspect(c *cli.Context) error {
	args, err := arguments(c, "MODEL")
	if err != nil {
		return err
	}
	other := c.String("compare")
	if other == "" {
		if adapters := adapterFolders(args[0]); adapters != nil {
			return a.inspectAdapters(adapters, c.Bool("json"))
		}
	}
	plugins := a.plugins(c)
	defer plugins.Close()
	m, r, err := inspected(c, plugins, args[0])
	if err != nil {
		return err
	}
	defer m.Checkpoint.Close()
	if other != "" {
		student, s, err := inspected(c, plugins, other)
		if err != nil {
			return err
		}
		defer student.Checkpoint.Close()
		return a.compare(c, m, student, [2]*inspection{r, s})
	}
	if c.Bool("json") {
		return a.stdout.json(r)
	}
	return a.printInspection(r)
}

// inspected opens a model and inspects it. Its checkpoint is to be closed.
func inspected(c *cli.Context, plugins *plugin.Set, path string) (transfer.Model, *inspection, error) {
	m, err := open(c.Context, plugins, path)
	if err != nil {
		return m, nil, err
	}
	by, err := plugins.Chosen(c.Context, m.Checkpoint)
	if err != nil {
		m.Checkpoint.Close()
		return m, nil, err
	}
	return m, newInspection(m, by), nil
}

// inspection is a described model, as --json prints it.
type inspection struct {
	Path         string         `json:"path"`
	Format       string         `json:"format"`
	ModelType    string         `json:"model_type"`
	Family       string         `json:"family"`
	Plugin       describedBy    `json:"plugin"`
	Parameters   int            `json:"parameters"`
	Layers       int            `json:"layers"`
	Hidden       int            `json:"hidden"`
	Vocab        int            `json:"vocab"`
	MaxPositions int            `json:"max_positions,omitempty"`
	Attention    []attention    `json:"attention"`
	DTypes       map[string]int `json:"dtypes"` // tensors of each
	Bytes        int64          `json:"bytes"`  // of config and weights on disk
	Tokenizer    tokenizerRow   `json:"tokenizer"`
	Template     templateRow    `json:"chat_template"`
	Memory       []need         `json:"memory"` // that commands take, about
	Modules      []moduleRow    `json:"modules"`
}

type describedBy struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Path    string `json:"path"`
}

// attention is one that some of the layers have.
type attention struct {
	Layers  int `json:"layers"`
	Heads   int `json:"heads"`
	KVHeads int `json:"kv_heads"`
	HeadDim int `json:"head_dim"`
	Window  int `json:"window,omitempty"`
}

// moduleRow is one module. Shape is the canonical one: [out, in], an embedding's
// [rows, width], a norm's [width].
type moduleRow struct {
	Path   string   `json:"path"`
	Layer  *int     `json:"layer"` // null: outside the layers
	Expert *int     `json:"expert,omitempty"`
	Kind   string   `json:"kind"`
	Role   string   `json:"role"`
	Shape  []int    `json:"shape"`
	Bias   bool     `json:"bias"`
	Tensor string   `json:"tensor"`
	DType  string   `json:"dtype"`
	TiedTo string   `json:"tied_to,omitempty"`
	Parts  []string `json:"parts,omitempty"` // a fused module's, in order
}

func newInspection(m transfer.Model, by plugin.Listing) *inspection {
	r := &inspection{
		Path:         m.Checkpoint.Path(),
		Format:       m.Checkpoint.Format().String(),
		ModelType:    m.Checkpoint.ModelType(),
		Family:       m.Arch.Family,
		Plugin:       describedBy{by.Name, by.Version, by.Path},
		Layers:       len(m.Arch.Layers),
		Hidden:       m.Arch.Hidden,
		Vocab:        m.Arch.Vocab,
		MaxPositions: m.Arch.MaxPositions,
		Attention:    attentions(m.Arch),
		DTypes:       map[string]int{},
		Tokenizer:    newTokenizerRow(m.Checkpoint),
		Template:     newTemplateRow(m.Checkpoint),
		Memory:       needs(m.Arch),
	}
	for _, f := range m.Checkpoint.Files() {
		if info, err := os.Stat(f); err == nil {
			r.Bytes += info.Size()
		}
	}
	for _, t := range m.Checkpoint.Tensors() {
		r.DTypes[t.DType]++
	}
	for _, mod := range m.Arch.Modules {
		r.Parameters += parameters(mod)
		t, _ := m.Checkpoint.Lookup(mod.Weight.Name)
		r.Modules = append(r.Modules, newModuleRow(mod, t.DType))
	}
	return r
}

func newModuleRow(m *arch.Module, dtype string) moduleRow {
	row := moduleRow{
		Path: m.Path, Kind: kindName(m.Kind), Role: peft.RoleName(m.Role), Shape: []int{m.Out, m.In},
		Bias: m.Bias != nil, Tensor: m.Weight.Name, DType: dtype, TiedTo: m.TiedTo,
	}
	if m.Kind == arch.Norm {
		row.Shape = row.Shape[:1]
	}
	if m.Layer != arch.Outside {
		row.Layer = &m.Layer
	}
	if m.Expert >= 0 {
		row.Expert = &m.Expert
	}
	for _, p := range m.Parts {
		row.Parts = append(row.Parts, peft.RoleName(p.Role))
	}
	return row
}

// parameters counts a module's own: a tied weight is its owner's.
func parameters(m *arch.Module) int {
	n := 0
	if m.TiedTo == "" {
		n = m.Out
		if m.Kind != arch.Norm {
			n *= m.In
		}
	}
	if m.Bias != nil {
		n += m.Out
	}
	return n
}

func kindName(k arch.Kind) string {
	switch k {
	case arch.Linear:
		return "linear"
	case arch.Embedding:
		return "embedding"
	case arch.Norm:
		return "norm"
	}
	return fmt.Sprint(int(k))
}

// attentions lists the distinct attentions of the layers, in their order.
func attentions(a *arch.Architecture) []attention {
	var list []attention
	for layer := range a.Layers {
		for _, step := range a.Block(layer).Steps {
			at := step.GetAttention()
			if at == nil {
				continue
			}
			seen := attention{Heads: int(at.Heads), KVHeads: int(at.KvHeads), HeadDim: int(at.HeadDim), Window: int(at.Window)}
			i := 0
			for i < len(list) && (attention{list[i].Layers, seen.Heads, seen.KVHeads, seen.HeadDim, seen.Window}) != list[i] {
				i++
			}
			if i == len(list) {
				list = append(list, seen)
			}
			list[i].Layers++
		}
	}
	return list
}
