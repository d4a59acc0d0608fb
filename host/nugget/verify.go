package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/host/transfer"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

func (a *app) verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "check an adapter: would it load, does it start from the model, what does it change",
		UsageText: "nugget verify --model MODEL [--quick] [--json] ADAPTER",
		Description: `Says what ` + peft.Programs + ` do with the adapter, by the rules in their sources;
whether it is for this model, as transfer.json has it; and how large its change is beside the
model's weights. Of a transfer with --start paper, init and negative are both looked at.

The command fails if PEFT would not load the adapter onto the model without a missing or an
unexpected key. What another program makes of it is no failure.`,
		Flags: flags(modelFlag(),
			boolFlag("quick", "read none of the model's weights: no norms, no fingerprint"),
			jsonFlag(), pluginFlags(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.verify),
	}
}

// verification is what --json prints of one adapter.
type verification struct {
	Adapter string `json:"adapter"`
	Model   string `json:"model"`
	Form    string `json:"form"`
	Purpose string `json:"purpose,omitempty"`
	Base    *base  `json:"base,omitempty"` // absent without a transfer.json
	*peft.Report
	Software []peft.Verdict `json:"software"`
	Changes  []changeSum    `json:"changes"` // by role and layer
}

// paperVerification is what --json prints of a whole transfer in the paper's form.
type paperVerification struct {
	Init     *verification `json:"init"`
	Negative *verification `json:"negative"`
	// Cancel says that the two together change nothing.
	Cancel bool `json:"cancel"`
}

func (a *app) verify(c *cli.Context) error {
	if err := required(c, "model"); err != nil {
		return err
	}
	args, err := arguments(c, "ADAPTER")
	if err != nil {
		return err
	}
	plugins := a.plugins(c)
	defer plugins.Close()
	m, err := open(c.Context, plugins, c.String("model"))
	if err != nil {
		return err
	}
	defer m.Checkpoint.Close()
	v := &verifier{app: a, cli: c, model: m, class: classOf(m.Checkpoint)}
	v.identity = sync.OnceValues(func() (transfer.ModelReport, error) { return transfer.Identify(c.Context, m) })
	if isPaperFolder(args[0]) {
		return v.paper(args[0])
	}
	r, err := v.adapter(args[0])
	if err != nil {
		return err
	}
	if c.Bool("json") {
		err = a.stdout.json(r)
	} else {
		err = a.printVerification(r, m.Arch)
	}
	if err != nil {
		return err
	}
	return r.LoadErr(args[0])
}

// verifier looks at adapters of one model.
type verifier struct {
	app      *app
	cli      *cli.Context
	model    transfer.Model
	class    string
	identity func() (transfer.ModelReport, error)
}

func (v *verifier) adapter(dir string) (*verification, error) {
	r := &verification{Adapter: dir, Model: v.model.Name}
	o, err := originOf(dir)
	if err != nil {
		return nil, err
	}
	r.Form, r.Purpose = o.form, purposes[o.form]
	if r.Report, err = peft.Check(dir, v.model.Arch); err != nil {
		return nil, err
	}
	if r.Software, err = peft.Judge(dir, v.model.Arch, v.class); err != nil {
		return nil, err
	}
	if !v.cli.Bool("quick") {
		if err := v.weigh(r, o); err != nil {
			return nil, err
		}
	}
	r.Changes = sums(r.Report.Modules, v.model.Arch)
	return r, nil
}

// weigh reads the model's weights, and its fingerprint where there is one to compare.
func (v *verifier) weigh(r *verification, o origin) error {
	p := v.app.newProgress()
	defer p.stop()
	show := func(phase string, done, total int) {
		p.report(engine.Progress{Phase: phase, Layer: arch.Outside, Share: float64(done) / float64(max(total, 1))})
	}
	err := r.Weigh(v.cli.Context, v.model.Checkpoint, v.model.Arch, func(done, total int) { show("weighing", done, total) })
	if err != nil || o.report == nil {
		return err
	}
	show("fingerprint", 0, 1)
	id, err := v.identity()
	if err != nil {
		return err
	}
	r.Base, err = o.compare(v.cli.Context, v.model, id)
	return err
}

// paper looks at both adapters of a transfer in the paper's form.
func (v *verifier) paper(dir string) error {
	var r paperVerification
	var err error
	if r.Init, err = v.adapter(filepath.Join(dir, formInit)); err != nil {
		return err
	}
	if r.Negative, err = v.adapter(filepath.Join(dir, formNegative)); err != nil {
		return err
	}
	if r.Init.LoadErr("") == nil && r.Negative.LoadErr("") == nil {
		if r.Cancel, err = cancel(r.Init.Adapter, r.Negative.Adapter); err != nil {
			return err
		}
	}
	if n := r.Negative.Base; n != nil && n.Right == "yes" && r.Cancel {
		// On the student itself init is right together with its negative.
		r.Init.Base.Right = "yes"
		r.Init.Base.Text = fmt.Sprintf("%s is for %s with %s merged into it", r.Init.Adapter, v.model.Name, r.Negative.Adapter)
	}
	if v.cli.Bool("json") {
		err = v.app.stdout.json(r)
	} else {
		err = v.app.printPaper(r, v.model.Arch)
	}
	if err != nil {
		return err
	}
	if err := r.Init.LoadErr(r.Init.Adapter); err != nil {
		return err
	}
	return r.Negative.LoadErr(r.Negative.Adapter)
}

// cancel reports whether two adapters are each other's negative, entry by entry.
func cancel(init, negative string) (bool, error) {
	x, err := peft.Read(init)
	if err != nil {
		return false, err
	}
	y, err := peft.Read(negative)
	if err != nil {
		return false, err
	}
	if x.Rank != y.Rank || len(x.Modules) != len(y.Modules) {
		return false, nil
	}
	for i, m := range x.Modules {
		n := y.Modules[i]
		if m.Path != n.Path || len(m.A) != len(n.A) || len(m.B) != len(n.B) {
			return false, nil
		}
		for k := range m.A {
			if m.A[k] != -n.A[k] {
				return false, nil
			}
		}
		for k := range m.B {
			if m.B[k] != n.B[k] {
				return false, nil
			}
		}
	}
	return true, nil
}

// classOf is the class of transformers' that a folder's config.json names.
func classOf(ck *checkpoint.Checkpoint) string {
	var config struct {
		Architectures []string `json:"architectures"`
	}
	if ck.Format() != checkpoint.HuggingFace || json.Unmarshal(ck.Config(), &config) != nil || len(config.Architectures) == 0 {
		return ""
	}
	return config.Architectures[0]
}
