package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/host/transfer"
	"github.com/neuralnuggets/nugget/host/tune"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// beginning is what a training begins with, by the flags.
type beginning struct {
	adapter, negative string // folders; "": none
	init              tune.Init
	modules           string
	otherModel        bool

	given, taken *peft.Adapter // what adapter and negative hold
}

func newBeginning(c *cli.Context) (*beginning, error) {
	b := &beginning{adapter: c.String("adapter"), negative: c.String("negative"), otherModel: c.Bool("other-model")}
	if (b.adapter == "") == (c.String("init") == "") {
		return nil, misused(c, "one of --adapter and --init is to be given")
	}
	if b.adapter == "" {
		return b, b.fromNothing(c)
	}
	for _, flag := range []string{"rank", "modules"} {
		if c.IsSet(flag) {
			return nil, misused(c, "--%s goes with --init: an adapter has its own", flag)
		}
	}
	if b.negative != "" {
		return b, nil
	}
	// A transfer's folder in the paper's form, or its init/.
	if !exists(filepath.Join(b.adapter, peft.ConfigFile)) && exists(filepath.Join(b.adapter, "init", peft.ConfigFile)) {
		b.adapter = filepath.Join(b.adapter, "init")
	}
	if beside := filepath.Join(filepath.Dir(filepath.Clean(b.adapter)), "negative"); filepath.Base(b.adapter) == "init" && exists(filepath.Join(beside, peft.ConfigFile)) {
		b.negative = beside
	}
	return b, nil
}

func (b *beginning) fromNothing(c *cli.Context) error {
	if b.negative != "" {
		return misused(c, "--negative goes with --adapter")
	}
	var err error
	if b.init.How, err = choice(c, "init"); err != nil {
		return err
	}
	if b.modules, err = choice(c, "modules"); err != nil {
		return err
	}
	b.init.Seed = c.Uint64("seed")
	b.init.Rank, err = positive(c, "rank")
	return err
}

// read reads the adapters and refuses those that are not the model's.
func (b *beginning) read(a *app, m transfer.Model) error {
	if b.adapter == "" {
		return nil
	}
	var err error
	if b.given, err = a.soundAdapter(b.adapter, m.Arch); err != nil || b.negative == "" {
		return err
	}
	if b.taken, err = a.soundAdapter(b.negative, m.Arch); err != nil {
		return err
	}
	if _, err := peft.Convert(b.given, b.taken); err != nil {
		return fmt.Errorf("%s and %s: %w", b.adapter, b.negative, err)
	}
	return nil
}

// soundAdapter reads an adapter that PEFT would load onto the model.
func (a *app) soundAdapter(dir string, model *arch.Architecture) (*peft.Adapter, error) {
	report, err := peft.Check(dir, model)
	if err != nil {
		return nil, err
	}
	if err := report.Err(dir); err != nil {
		return nil, err
	}
	for _, f := range report.Findings {
		a.ui.warning(dir + ": " + f.String())
	}
	return peft.ReadFor(dir, model)
}

// delta adds the negative to the model's weights; nil: there is none. What --init brings
// is known only when the engine is there.
func (b *beginning) delta() func(*arch.Module, []float32) error {
	if b.negative == "" && b.init.How != tune.PiSSA && b.init.How != tune.RandomSpectrum {
		return nil
	}
	return func(m *arch.Module, weight []float32) error {
		if b.taken == nil {
			return nil
		}
		return b.taken.Add(m, weight)
	}
}

// start makes what learns.
func (b *beginning) start(ctx context.Context, a *app, m transfer.Model, e *engine.Engine) (tune.Start, error) {
	if b.given != nil {
		return tune.Start{Adapter: b.given, Negative: b.taken}, b.ownBase(ctx, m, e)
	}
	b.init.Modules = transfer.Adaptable(m.Arch, b.modules, a.ui.message)
	if len(b.init.Modules) == 0 {
		return tune.Start{}, fmt.Errorf("%s has no modules that --modules %s means", m.Name, b.modules)
	}
	b.init.BaseModel, b.init.Weight, b.init.Factorise = m.Name, e.Weight, transfer.Factorise
	s, err := b.init.Begin(ctx)
	b.taken = s.Negative
	return s, err
}

// ownBase drops weights of the base that PEFT has saved along, and refuses others.
func (b *beginning) ownBase(ctx context.Context, m transfer.Model, e *engine.Engine) error {
	for _, adapter := range []*peft.Adapter{b.given, b.taken} {
		if adapter == nil {
			continue
		}
		for i := range adapter.Modules {
			f := &adapter.Modules[i]
			if f.Base == nil {
				continue
			}
			// The negative is not in the weight as long as it is nobody's.
			taken := b.taken
			b.taken = nil
			weight, err := e.Weight(ctx, m.Arch.Module(f.Path))
			b.taken = taken
			if err != nil {
				return err
			}
			if !slices.Equal(weight, f.Base) {
				return hint.With(fmt.Errorf("%s: brings a weight of its own for %s, which is not the model's", b.adapter, f.Path),
					"PEFT's save_pretrained with save_embedding_layers=False leaves it out")
			}
			f.Base = nil
		}
	}
	return nil
}

// inputs are what a run that goes on must find as it was.
func (b *beginning) inputs(c *cli.Context, a *app, m transfer.Model) (map[string]string, error) {
	student, err := transfer.Identify(c.Context, m)
	if err != nil {
		return nil, err
	}
	if err := b.madeFor(c.Context, a, m, student); err != nil {
		return nil, err
	}
	in := map[string]string{
		"model": student.SHA256, "template": c.String("template"), "max-length": fmt.Sprint(c.Int("max-length")),
		"init": b.init.How, "modules": b.modules, "rank": fmt.Sprint(b.init.Rank),
	}
	for name, path := range map[string]string{
		"data": c.String("data"), "eval-data": c.String("eval-data"), "adapter": weightsIn(b.adapter), "negative": weightsIn(b.negative),
	} {
		in[name] = ""
		if path == "" {
			continue
		}
		if in[name], err = transfer.HashFile(c.Context, path); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func weightsIn(dir string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, peft.WeightsFile)
}

// madeFor refuses an adapter whose transfer.json names a student with other weights.
func (b *beginning) madeFor(ctx context.Context, a *app, m transfer.Model, student transfer.ModelReport) error {
	if b.adapter == "" {
		return nil
	}
	o, err := originOf(b.adapter)
	if err != nil {
		return err
	}
	if b.negative != "" && o.form == formInit {
		o.form = formPlain // with its negative it is for the student as it is
	}
	made, err := o.compare(ctx, m, student)
	if err != nil {
		return err
	}
	switch {
	case made == nil:
		return b.trainedOn(m, student)
	case made.Right == "yes" && made.Config:
	case made.Right == "no" && !b.otherModel:
		return hint.With(errors.New(made.Text), made.hint)
	default:
		a.ui.warning(made.Text)
	}
	return nil
}

// trainedOn refuses an adapter that nugget has trained on a model with other bytes, as
// far as its train.json or a checkpoint's state.json says so.
func (b *beginning) trainedOn(m transfer.Model, student transfer.ModelReport) error {
	for _, name := range []string{trainFile, tune.StateFile} {
		path := filepath.Join(b.adapter, name)
		raw, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		var of struct{ Inputs struct{ Model string } }
		if err := json.Unmarshal(raw, &of); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if sum := of.Inputs.Model; sum != "" && sum != student.SHA256 && !b.otherModel {
			return hint.With(fmt.Errorf("%s: was trained on a model with the fingerprint %.12s, but %s has %.12s", b.adapter, sum, m.Name, student.SHA256),
				"use that model; --other-model takes another one, such as the same in another format")
		}
		return nil
	}
	return nil
}

// report is the transfer.json of the adapter, or of the transfer it is a part of, and where
// it lies; nil: there is none.
func (b *beginning) report() (path string, raw []byte, err error) {
	dirs := []string{b.adapter}
	if b.negative != "" {
		dirs = append(dirs, filepath.Dir(filepath.Clean(b.adapter)))
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, transfer.ReportFile)
		raw, err := os.ReadFile(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return path, raw, err
		}
	}
	return "", nil, nil
}
