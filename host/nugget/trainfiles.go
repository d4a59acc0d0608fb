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

// trainReport is train.json: what the adapter was trained with. It has no times and
// nothing of the machine.
type trainReport struct {
	Start   string            `json:"start"` // "plain", "paper" or how it began from nothing
	Model   string            `json:"model"` // as it was named
	Data    string            `json:"data"`
	Options tune.Options      `json:"options"`
	Inputs  map[string]string `json:"inputs"`
	Result  tune.Result       `json:"result"`
}

// files are what lies beside a trained adapter.
func (b *beginning) files(c *cli.Context, t *tune.Training, r tune.Result) (map[string][]byte, error) {
	report := trainReport{
		Start: transfer.Plain, Model: c.String("model"), Data: c.String("data"),
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
	files := map[string][]byte{"train.json": text.Bytes(), transfer.CardFile: []byte(trainCard(report, t))}
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

// trainCard is the adapter's README.md.
func trainCard(report trainReport, t *tune.Training) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "---\nbase_model: %q\nlibrary_name: peft\ntags:\n- lora\n---\n\n# A LoRA adapter for %s\n\n", report.Model, report.Model)
	fmt.Fprintf(&b, "Trained by nugget on %s, %d steps from the start `%s`; train.json has the settings, metrics.jsonl the loss of each step.\n",
		report.Data, report.Result.Steps, report.Start)
	if report.Start == transfer.Paper {
		fmt.Fprint(&b, "\nThis adapter belongs on the model with the transfer's negative/ merged into it. The one in plain/ does the same to the unmodified model.\n")
	}
	if e := report.Result.Eval; e != nil {
		fmt.Fprintf(&b, "\nLoss on %s: %.4f before, %.4f after.\n", t.Eval.Name, e.Before, e.After)
	}
	return b.String()
}
