package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// completeName is the hidden command that the shells' completion scripts ask: its
// arguments are the words so far, the last of which is being typed, and may be empty.
const completeName = "__complete"

func (a *app) completeCommand() *cli.Command {
	return &cli.Command{
		Name: completeName, Hidden: true, SkipFlagParsing: true, HideHelp: true,
		Action: func(c *cli.Context) error {
			for _, found := range complete(c.App, c.Args().Slice()) {
				line := found.word
				if found.says != "" {
					line += "\t" + found.says
				}
				if _, err := fmt.Fprintln(a.stdout, line); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// completion is a word that may be meant, and what it is.
type completion struct{ word, says string }

// complete lists what the last of some words may become. Nothing: a file's name, or what
// nobody can know.
func complete(app *cli.App, words []string) []completion {
	if len(words) == 0 {
		words = []string{""}
	}
	typed := words[len(words)-1]
	at := reached(app, words[:len(words)-1])
	switch {
	case at.value != nil:
		// bash makes words of their own of "--flag", "=" and the value.
		return starting(at.prefix, strings.TrimPrefix(typed, "="), valueWords(at.value))
	case strings.HasPrefix(typed, "-"):
		if name, value, ok := strings.Cut(typed, "="); ok {
			return starting(name+"=", value, valueWords(named(at.flags, strings.TrimLeft(name, "-"))))
		}
		if at.argument {
			return nil // flags go before arguments
		}
		return starting("", typed, flagWords(at.flags, at.given))
	case at.argument:
		return nil
	}
	return starting("", typed, at.arguments())
}

// starting are the completions that begin with what is typed.
func starting(prefix, typed string, all []completion) []completion {
	var list []completion
	for _, c := range all {
		if strings.HasPrefix(c.word, typed) {
			list = append(list, completion{prefix + c.word, c.says})
		}
	}
	return list
}

// position is where a command line has come to.
type position struct {
	app         *cli.App
	command     *cli.Command // nil: none yet
	subcommands []*cli.Command
	flags       []cli.Flag
	given       []string // the flags so far
	value       cli.Flag // whose value comes next, or nil
	prefix      string
	argument    bool // there is an argument already
}

func reached(app *cli.App, words []string) position {
	p := position{app: app, subcommands: app.Commands, flags: app.Flags}
	for i := 0; i < len(words); i++ {
		word := words[i]
		if p.value != nil {
			if word != "=" { // bash's own word
				p.value = nil
			}
			continue
		}
		name, isFlag := strings.CutPrefix(word, "-")
		if isFlag && !p.argument {
			name, _, whole := strings.Cut(strings.TrimPrefix(name, "-"), "=")
			if f := named(p.flags, name); f != nil {
				p.given = append(p.given, f.Names()...)
				if takesValue(f) && !whole {
					p.value = f
				}
			}
			continue
		}
		sub := commandNamed(p.subcommands, word)
		if sub == nil {
			p.argument = true
			continue
		}
		p.command, p.subcommands, p.given = sub, sub.Subcommands, nil
		p.flags = append(slices.Clone(sub.Flags), cli.HelpFlag)
	}
	return p
}

// arguments are the words that a command knows its argument to be.
func (p position) arguments() []completion {
	commands := p.subcommands
	if p.command != nil && p.command.Name == "help" {
		commands = p.app.Commands
	}
	var list []completion
	for _, c := range commands {
		if !c.Hidden {
			list = append(list, completion{c.Name, c.Usage})
		}
	}
	if p.command == nil || list != nil {
		return list
	}
	// "nugget backends install cpu|cuda" knows them.
	usage := p.command.UsageText
	last := usage[strings.LastIndex(usage, " ")+1:]
	if strings.Contains(last, "|") && last == strings.ToLower(last) {
		for word := range strings.SplitSeq(last, "|") {
			list = append(list, completion{word, ""})
		}
	}
	return list
}

func flagWords(flags []cli.Flag, given []string) []completion {
	var list []completion
	for _, f := range flags {
		name := f.Names()[0]
		_, again := f.(*cli.StringSliceFlag)
		if slices.Contains(given, name) && !again {
			continue
		}
		says := ""
		if doc, ok := f.(cli.DocGenerationFlag); ok {
			says = strings.ReplaceAll(doc.GetUsage(), "`", "")
		}
		list = append(list, completion{"--" + name, says})
	}
	return list
}

func valueWords(f cli.Flag) []completion {
	var list []completion
	for _, v := range valuesOf(f) {
		list = append(list, completion{v, ""})
	}
	return list
}

// valuesOf are the values of a flag that has a few, or some that it usually has.
func valuesOf(f cli.Flag) []string {
	if c, ok := f.(*choices); ok {
		return c.values
	}
	if f != nil && f.Names()[0] == "backend" {
		return []string{"go", "xla", "auto"}
	}
	return nil
}

func takesValue(f cli.Flag) bool {
	doc, ok := f.(cli.DocGenerationFlag)
	return ok && doc.TakesValue()
}

func flagNamed(c *cli.Command, name string) cli.Flag { return named(c.Flags, name) }

func named(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func commandNamed(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}
