package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/host/transfer"
	"github.com/neuralnuggets/nugget/host/tune"
)

const trainFile = "train.json"

// trainReport is train.json: what the adapter was trained with. It has no times and
// nothing of the machine.
type trainReport struct {
	Start   string            `json:"start"` // "adapter", "paper" or how it began from nothing
	Model   string            `json:"model"` // as it was named
	Data    string            `json:"data"`
	Options tune.Options      `json:"options"`
	Inputs  map[string]string `json:"inputs"`
	Result  tune.Result       `json:"result"`
}

// files are what lies beside a trained adapter.
func (b *beginning) files(c *cli.Context, t *tune.Training, r tune.Result) (map[string][]byte, error) {
	report := trainReport{
		Start: "adapter", Model: c.String("model"), Data: c.String("data"),
		Options: t.Options, Inputs: t.Inputs, Result: r,
	}
	switch {
	case b.init.How != "":
		report.Start = b.init.How
	case b.taken != nil:
		report.Start = transfer.Paper
	}
	var text bytes.Buffer
	if err := writeJSON(&text, report); err != nil {
		return nil, err
	}
	files := map[string][]byte{trainFile: text.Bytes(), transfer.CardFile: []byte(b.card(report, t))}
	// What the adapter came from goes along.
	if b.adapter != "" {
		path, raw, err := b.report()
		if err != nil {
			return nil, err
		}
		if raw == nil {
			return files, nil
		}
		files[transfer.ReportFile] = raw
		arrays, err := os.ReadFile(filepath.Join(filepath.Dir(path), transfer.ArraysFile))
		if errors.Is(err, fs.ErrNotExist) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		files[transfer.ArraysFile] = arrays
	}
	return files, nil
}

// card is the adapter's README.md.
func (b *beginning) card(report trainReport, t *tune.Training) string {
	var text bytes.Buffer
	fmt.Fprintf(&text, "---\nbase_model: %q\nlibrary_name: peft\ntags:\n- lora\n---\n\n# A LoRA adapter for %s\n\n", report.Model, report.Model)
	from := fmt.Sprintf("the adapter %s", b.adapter)
	if b.init.How != "" {
		from = fmt.Sprintf("a new one (%s)", b.init.How)
	}
	fmt.Fprintf(&text, "Trained by nugget on %s, %s from %s; train.json has the settings, metrics.jsonl the loss of each step.\n",
		report.Data, plural(report.Result.Steps, "step"), from)
	if report.Start == transfer.Paper {
		fmt.Fprint(&text, "\nIt is for the unmodified model. What was trained, for the model with the transfer's negative/ merged into it, is in init/.\n")
	}
	if e := report.Result.Eval; e != nil {
		fmt.Fprintf(&text, "\nLoss on %s: %.4f before, %.4f after.\n", t.Eval.Name, e.Before, e.After)
	}
	return text.String()
}
