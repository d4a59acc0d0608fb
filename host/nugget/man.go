package main

import (
	"fmt"
	"strings"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/urfave/cli/v2"
)

func (a *app) manCommand() *cli.Command {
	return &cli.Command{
		Name:            "man",
		Usage:           "write the man page",
		UsageText:       "nugget man [--markdown]",
		Description:     "It is made of what --help says of every command.",
		Flags:           flags(boolFlag("markdown", "write Markdown in place of roff"), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.man),
	}
}

func (a *app) man(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	page := manPage(c.App)
	if !c.Bool("markdown") {
		// Two hyphens as they are typed, not as a dash.
		page = strings.ReplaceAll(string(md2man.Render([]byte(page))), "--", `\-\-`)
	}
	_, err := a.stdout.WriteString(page)
	return err
}

// manPage is the man page in Markdown. (App.ToMan of urfave/cli leaves out how a command is
// called, and takes what is in angle brackets for HTML.)
func manPage(app *cli.App) string {
	var b strings.Builder
	fmt.Fprintf(&b, "nugget 1 \"\" \"nugget %s\" \"User Commands\"\n==================================================\n\n", newVersions().Nugget)
	fmt.Fprintf(&b, "# NAME\n\nnugget - %s\n\n# SYNOPSIS\n\n**nugget** COMMAND [flags] [arguments]\n\n", markdown(app.Usage))
	b.WriteString("# DESCRIPTION\n\n" + markdown(manDescription) + "\n\n# COMMANDS\n\n")
	manCommands(&b, app.Commands, "nugget")
	b.WriteString("# EXIT STATUS\n\n")
	for _, line := range [][2]string{
		{"0", "everything was done"}, {"1", "it failed; the reason is on standard error"},
		{"2", "the command was called wrongly"}, {"129, 130, 143", "SIGHUP, SIGINT or SIGTERM ended it"},
	} {
		manTerm(&b, "**"+line[0]+"**", line[1])
	}
	b.WriteString("# ENVIRONMENT\n\n")
	for _, v := range environment {
		manTerm(&b, "**"+markdown(v[0])+"**", v[1])
	}
	b.WriteString("# SEE ALSO\n\narXiv 2310.11451, \"Seeking Neural Nuggets: Knowledge Transfer in Large Language Models from a Parametric Perspective\"\n")
	return b.String()
}

const manDescription = `Takes what a large language model knows about a task, as parameters, and hands it to a smaller one as a HuggingFace PEFT adapter.

MODEL is a HuggingFace folder, a .gguf file, or a hub id that is in the local HuggingFace cache; nothing is downloaded, but by backends install. Flags go before arguments. Results are on standard output, as JSON with --json; everything else is on standard error.`

// environment are the variables that nugget looks at.
var environment = [][2]string{
	{"NUGGET_PLUGIN_PATH", "folders of architecture plugins, searched before the one that nugget is in"},
	{"GOMLX_BACKEND", "the backend, where --backend does not name one"},
	{"HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME", "where the HuggingFace cache is"},
	{"XDG_DATA_HOME, XDG_CACHE_HOME", "where plugins may be, and where what is known of them is kept"},
	{"TMPDIR", "where the scratch file is"},
	{"NO_COLOR", "if it is set, there are no colours"},
}

func manCommands(b *strings.Builder, commands []*cli.Command, parent string) {
	for _, c := range commands {
		if c.Hidden {
			continue
		}
		name := parent + " " + c.Name
		fmt.Fprintf(b, "## %s\n\n%s\n\n", name, markdown(sentence(c.Usage)))
		fmt.Fprintf(b, "```\n%s\n```\n\n", c.UsageText)
		if c.Description != "" {
			fmt.Fprintf(b, "%s\n\n", markdown(c.Description))
		}
		for _, f := range c.Flags {
			manFlag(b, f)
		}
		if list := examplesOf(strings.TrimPrefix(name, "nugget ")); list != nil {
			b.WriteString("Examples:\n\n```\n")
			for _, e := range list {
				fmt.Fprintf(b, "# %s\n%s\n", e.does, e.run)
			}
			b.WriteString("```\n\n")
		}
		manCommands(b, c.Subcommands, name)
	}
}

func manFlag(b *strings.Builder, f cli.Flag) {
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return
	}
	before, rest, marked := strings.Cut(doc.GetUsage(), "`")
	value, after, _ := strings.Cut(rest, "`")
	term, usage := "**--"+f.Names()[0]+"**", before+value+after
	if marked {
		term += " *" + markdown(value) + "*"
	}
	if d := doc.GetDefaultText(); d != "" && doc.TakesValue() && d != `""` {
		usage += " (default: " + strings.Trim(d, `"`) + ")"
	}
	manTerm(b, term, usage)
}

func manTerm(b *strings.Builder, term, text string) {
	fmt.Fprintf(b, "%s\n: %s\n\n", term, markdown(text))
}

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }

// markdown escapes what Markdown would take for its own.
func markdown(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "`", "\\`", "<", `\<`, ">", `\>`, "[", `\[`, "]", `\]`, "#", `\#`).Replace(text)
}
