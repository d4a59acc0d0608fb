package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/host/timing"
	"github.com/neuralnuggets/nugget/host/transfer"
)

func (a *app) scoreCommand() *cli.Command {
	return &cli.Command{
		Name:      "score",
		Usage:     "measure a model's sensitivity alone",
		UsageText: "nugget score --model MODEL --seeds FILE [--out FILE.json] [--dump FILE.safetensors] [--json]",
		Description: `The sensitivity of a weight is the sum over the seeds of abs(W * dL/dW). --out has the losses
and the sums of every layer and tensor; --dump the sensitivity itself, float32, under the
checkpoint's own tensor names and in its layout: as large as the model in float32.`,
		Flags: flags(modelFlag(),
			&cli.StringFlag{Name: "seeds", Usage: "the task's samples, JSON lines in `FILE`"},
			&cli.StringFlag{Name: "out", Usage: "write losses and sums to `FILE`, as JSON"},
			&cli.StringFlag{Name: "dump", Usage: "write the sensitivity of every tensor to `FILE`, as safetensors"},
			computeFlag(), activationsFlag(), forceFlag(), jsonFlag(), dataFlags(), engineFlags(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.measured(a.score),
	}
}

func (a *app) score(c *cli.Context) error {
	if err := required(c, "model", "seeds"); err != nil {
		return err
	}
	if _, err := arguments(c); err != nil {
		return err
	}
	encoding, err := newEncoding(c)
	if err != nil {
		return err
	}
	if out := c.String("out"); out != "" && filepath.Clean(out) == filepath.Clean(c.String("dump")) {
		return misused(c, "--out and --dump are the same file")
	}
	var out *output
	if path := c.String("out"); path != "" {
		if out, err = a.staged.newFile(path, c.Bool("force")); err != nil {
			return err
		}
		defer out.abandon()
	}
	plugins := a.plugins(c)
	defer plugins.Close()
	m, err := open(c.Context, plugins, c.String("model"))
	if err != nil {
		return err
	}
	defer m.Checkpoint.Close()
	var dump *dump
	if path := c.String("dump"); path != "" {
		if dump, err = a.newDump(path, c.Bool("force"), m); err != nil {
			return err
		}
		defer dump.abandon()
	}
	samples, err := encoding.samples(m.Checkpoint, c.String("seeds"))
	if err != nil {
		return err
	}
	p := a.newProgress()
	defer p.stop()
	opts, err := a.sensitivityOptions(c, p)
	if err != nil {
		return err
	}
	var visit func(string, []int, []float32) error
	if dump != nil {
		visit = dump.write
	}
	scores, err := transfer.Score(c.Context, m, samples, opts, visit)
	if err != nil {
		return err
	}
	scores.Seeds = c.String("seeds")
	return a.finishScore(c.Context, p, scores, out, dump, c.Bool("json"))
}

// finishScore puts the outputs in their places, then prints.
func (a *app) finishScore(ctx context.Context, p *progress, s *transfer.Scores, out *output, dump *dump, asJSON bool) error {
	if dump != nil {
		if err := dump.finish(); err != nil {
			return err
		}
	}
	defer a.clock.Begin(timing.Write)()
	if out != nil {
		var b bytes.Buffer
		if err := writeJSON(&b, s); err != nil {
			return err
		}
		if err := os.WriteFile(out.new(), b.Bytes(), 0o666); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := out.commit(); err != nil {
			return err
		}
	}
	p.stop()
	if asJSON {
		return a.stdout.json(s)
	}
	return a.printScores(s)
}

func (a *app) printScores(s *transfer.Scores) error {
	mean, total := 0.0, 0.0
	for _, l := range s.Losses {
		mean += l / float64(len(s.Losses))
	}
	for _, l := range s.Layers {
		total += l.Score
	}
	fmt.Fprintf(a.stdout, "loss %.4f (%s)\n\n", mean, plural(len(s.Losses), "seed"))
	rows := [][]string{{"layer", "score", "share"}}
	for _, l := range s.Layers {
		rows = append(rows, []string{strconv.Itoa(l.Index), fmt.Sprintf("%.6g", l.Score), percent(l.Score / total)})
	}
	return a.stdout.columns(rows)
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

// dump is --dump's file.
type dump struct {
	*output
	file *os.File
	w    *safetensors.Writer
}

// newDump begins a file with a place for every learned tensor.
func (a *app) newDump(path string, force bool, m transfer.Model) (*dump, error) {
	out, err := a.staged.newFile(path, force)
	if err != nil {
		return nil, err
	}
	d := &dump{output: out}
	if d.file, err = os.Create(out.new()); err == nil {
		d.w, err = safetensors.NewWriter(d.file, learned(m), map[string]string{"format": "pt"})
	}
	if err != nil {
		d.abandon()
		return nil, err
	}
	return d, nil
}

// learned are the headers of the tensors that have a sensitivity.
func learned(m transfer.Model) []safetensors.Tensor {
	var list []safetensors.Tensor
	seen := map[string]bool{}
	add := func(name string) {
		if t, ok := m.Checkpoint.Lookup(name); ok && !seen[name] {
			seen[name] = true
			list = append(list, safetensors.Tensor{Name: name, DType: "F32", Shape: t.Shape})
		}
	}
	for _, mod := range m.Arch.Modules {
		if mod.TiedTo == "" {
			add(mod.Weight.Name)
		}
		if mod.Bias != nil {
			add(mod.Bias.Name)
		}
	}
	return list
}

func (d *dump) write(name string, _ []int, s []float32) error { return d.w.WriteFloat32(name, 0, s) }

func (d *dump) finish() error {
	if err := d.w.Close(); err != nil {
		return err
	}
	if err := d.file.Close(); err != nil {
		return err
	}
	return d.commit()
}

func (d *dump) abandon() {
	if d.file != nil {
		d.file.Close()
	}
	d.output.abandon()
}
