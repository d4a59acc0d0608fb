package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/host/report"
)

func (a *app) reportCommand() *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "draw what a transfer took from where, and how a training went, as one HTML page",
		UsageText: "nugget report [flags] DIR",
		Description: `DIR is what nugget transfer or nugget train has written. The page is DIR/report.html, or --out's; it
needs no network and nothing beside it. transfer --report writes it at once.`,
		Flags: flags(
			&cli.StringFlag{Name: "out", Usage: "write the page to `FILE`", DefaultText: "DIR/report.html"},
			forceFlag(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.report),
	}
}

func (a *app) report(c *cli.Context) error {
	args, err := arguments(c, "DIR")
	if err != nil {
		return err
	}
	dir := args[0]
	path := c.String("out")
	if path == "" {
		path = filepath.Join(dir, report.File)
	}
	r, err := report.Read(dir)
	if err != nil {
		return err
	}
	out, err := a.staged.newFile(path, c.Bool("force"))
	if err != nil {
		return err
	}
	defer out.abandon()
	if err := writeReport(r, out.new()); err != nil {
		return err
	}
	if err := c.Context.Err(); err != nil {
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, printable(path))
	return err
}

func writeReport(r *report.Report, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := r.Write(f); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", path, err)
	}
	return f.Close()
}

// addReport puts the report beside the rest of a transfer that is in dir.
func addReport(dir string) error {
	r, err := report.Read(dir)
	if err != nil {
		return err
	}
	return writeReport(r, filepath.Join(dir, report.File))
}
