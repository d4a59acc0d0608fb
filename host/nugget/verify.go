package main

import (
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

func (a *app) verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "check an adapter: would it load, does it start from the model, what does it change",
		UsageText: "nugget verify --model MODEL [--json] ADAPTER",
		Description: `The command fails if PEFT would not load the adapter onto the model without a missing or an
unexpected key, or if it changes what it should not.`,
		Flags:           flags(modelFlag(), jsonFlag(), pluginFlags(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.verify),
	}
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
	report, err := peft.Check(args[0], m.Arch)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		err = a.stdout.json(report)
	} else {
		err = a.printReport(report, args[0], m.Arch)
	}
	if err != nil {
		return err
	}
	return report.LoadErr(args[0])
}

func (a *app) printReport(r *peft.Report, adapter string, model *arch.Architecture) error {
	first := report(r.LoadErr(adapter)) // the error at the end says it again
	for _, f := range r.Findings {
		switch {
		case f.Warning:
			a.ui.warning(adapter + ": " + f.String())
		case adapter+": "+f.String() != first:
			a.ui.message(adapter + ": " + f.String())
		}
	}
	yes := func(b bool) string {
		if b {
			return "yes"
		}
		return "no"
	}
	rows := [][]string{
		{"loads", yes(r.PEFT == peft.Applied)},
		{"starts at the model", yes(r.StartsAtBase)},
		{"rank", strconv.Itoa(r.Rank)},
		{"modules", strconv.Itoa(len(r.Modules))},
		{"layers", fmt.Sprintf("%d of %d", len(r.Layers), len(model.Layers))},
	}
	if err := a.stdout.columns(rows); err != nil || len(r.Modules) == 0 {
		return err
	}
	fmt.Fprintln(a.stdout)
	return a.stdout.columns(changeTable(r.Modules, model))
}

func report(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// changeTable is what an adapter changes, by role.
func changeTable(changes []peft.Change, model *arch.Architecture) [][]string {
	type sum struct {
		modules, rank, unchanged int
		least, most              float64
	}
	byRole := map[string]*sum{}
	for _, c := range changes {
		s := byRole[c.Role]
		if s == nil {
			s = &sum{least: c.Norm, most: c.Norm}
			byRole[c.Role] = s
		}
		s.modules++
		s.rank = max(s.rank, c.Rank)
		s.least, s.most = min(s.least, c.Norm), max(s.most, c.Norm)
		if c.Zero {
			s.unchanged++
		}
	}
	rows := [][]string{{"role", "modules", "rank", "change (Frobenius norm)"}}
	for _, role := range roles(model) {
		s := byRole[role]
		if s == nil {
			continue
		}
		change := fmt.Sprintf("%.4g to %.4g", s.least, s.most)
		switch {
		case s.unchanged == s.modules:
			change = "none yet"
		case s.least == s.most:
			change = fmt.Sprintf("%.4g", s.most)
		}
		rows = append(rows, []string{role, strconv.Itoa(s.modules), strconv.Itoa(s.rank), change})
	}
	return rows
}
