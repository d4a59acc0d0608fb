package main

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// does is an effect as an answer to the question whether an adapter loads.
var does = map[peft.Effect]string{peft.Applied: "yes", peft.Ignored: "in part", peft.Refused: "no", peft.Unknown: "unknown"}

func (a *app) printPaper(r paperVerification, model *arch.Architecture) error {
	for _, v := range []*verification{r.Init, r.Negative} {
		fmt.Fprintf(a.stdout, "%s\n", printable(v.Adapter))
		if err := a.printVerification(v, model); err != nil {
			return err
		}
		fmt.Fprintln(a.stdout)
	}
	return a.stdout.columns([][]string{{"init and negative cancel", yes(r.Cancel)}})
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (a *app) printVerification(v *verification, model *arch.Architecture) error {
	a.printFindings(v)
	var rows [][]string
	for _, s := range v.Software {
		answer := does[s.Does]
		if s.Needs != "" && s.Does != peft.Refused {
			answer += ", with " + s.Needs
		}
		rows = append(rows, []string{"loads in " + s.Software, answer})
	}
	rows = append(rows, []string{"starts at the model", startsAtModel(v)})
	if v.Purpose != "" {
		rows = append(rows, []string{"is", v.Purpose})
	}
	if v.Base != nil {
		rows = append(rows, []string{"for this model", v.Base.Right})
	}
	rows = append(rows,
		[]string{"rank", strconv.Itoa(v.Rank)},
		[]string{"modules", strconv.Itoa(len(v.Report.Modules))},
		[]string{"layers", fmt.Sprintf("%d of %d", len(v.Layers), len(model.Layers))})
	if err := a.stdout.columns(rows); err != nil {
		return err
	}
	if err := a.printReasons(v); err != nil || len(v.Report.Modules) == 0 {
		return err
	}
	fmt.Fprintln(a.stdout)
	if err := a.stdout.columns(roleTable(byRole(v.Report.Modules, model))); err != nil || v.StartsAtBase {
		return err
	}
	fmt.Fprintln(a.stdout)
	return a.stdout.columns(layerTable(v.Changes))
}

// rounding is a relative change that float32 products leave where two of them cancel.
const rounding = 1e-6

// startsAtModel tells nothing from what a fold of an untrained init leaves.
func startsAtModel(v *verification) string {
	if v.StartsAtBase {
		return "yes"
	}
	different := func(c peft.Change) bool { return c.WeightNorm == 0 || c.Relative > rounding }
	if len(v.Report.Modules) == 0 || slices.ContainsFunc(v.Report.Modules, different) {
		return "no"
	}
	return "yes, but for rounding"
}

// printFindings says what is silent in PEFT, once for all findings of a rule. The error
// at the end says one of them again.
func (a *app) printFindings(v *verification) {
	last := ""
	if err := v.LoadErr(v.Adapter); err != nil {
		last = err.Error()
	}
	told := make(map[peft.Finding]bool)
	for i, f := range v.Findings {
		mild := f.Warning || f.Unsupported
		kind := peft.Finding{Rule: f.Rule, PEFT: f.PEFT, Warning: mild}
		if told[kind] {
			continue
		}
		told[kind] = true
		more := 0
		for _, o := range v.Findings[i+1:] {
			if o.Rule == f.Rule && o.PEFT == f.PEFT && (o.Warning || o.Unsupported) == mild {
				more++
			}
		}
		text := v.Adapter + ": " + f.String()
		if more > 0 {
			text += fmt.Sprintf(" (and %d more like it)", more)
		}
		switch {
		case mild:
			a.ui.warning(text)
		case text != last:
			a.ui.message(text)
		}
	}
	if v.Base != nil && v.Base.Right != "yes" {
		a.ui.warning(v.Adapter + ": " + v.Base.Text)
	}
}

// printReasons lists the rules of other software; PEFT's are findings.
func (a *app) printReasons(v *verification) error {
	var rows [][]string
	for _, s := range v.Software {
		for _, r := range s.Reasons {
			if s.Software != "PEFT" {
				rows = append(rows, []string{s.Software + " " + s.Version, r.String(), r.Source})
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	fmt.Fprintln(a.stdout)
	return a.stdout.columns(rows)
}

// roleTable is what an adapter changes, by role.
func roleTable(list []changeSum) [][]string {
	rows := [][]string{{"role", "modules", "rank", "change", "weight", "relative"}}
	for _, s := range list {
		change, relative := fmt.Sprintf("%.4g", s.Norm), fmt.Sprintf("%.2e", s.Relative)
		if s.zero == s.Modules {
			change, relative = "none yet", "0"
		}
		weight := fmt.Sprintf("%.4g", s.Weight)
		if s.Weight == 0 {
			weight, relative = "", ""
		}
		rows = append(rows, []string{s.Role, strconv.Itoa(s.Modules), strconv.Itoa(s.rank), change, weight, relative})
	}
	return rows
}

// layerTable has a row for each layer and a column for each role: the change beside the
// weight, or the change where the weight was not read.
func layerTable(list []changeSum) [][]string {
	var columns []string
	for _, s := range list {
		if !slices.Contains(columns, s.Role) {
			columns = append(columns, s.Role)
		}
	}
	rows := [][]string{append([]string{"layer"}, columns...)}
	layer := arch.Outside - 1
	for _, s := range list {
		if s.Layer != layer {
			layer = s.Layer
			name := strconv.Itoa(layer)
			if layer == arch.Outside {
				name = "outside"
			}
			rows = append(rows, append([]string{name}, make([]string, len(columns))...))
		}
		value := fmt.Sprintf("%.2e", s.Relative)
		if s.Weight == 0 {
			value = fmt.Sprintf("%.4g", s.Norm)
		}
		rows[len(rows)-1][1+slices.Index(columns, s.Role)] = value
	}
	for _, row := range rows {
		for i, cell := range row {
			if cell == "" {
				row[i] = "-"
			}
		}
	}
	return rows
}
