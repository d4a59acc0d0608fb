package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// usageError is a command line that makes no sense.
type usageError struct{ text, hint string }

func (e *usageError) Error() string { return e.text }

// Hint says how the command is called.
func (e *usageError) Hint() string { return e.hint }

// misused is a usage error whose hint is the command's help.
func misused(c *cli.Context, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), helpOf(c)}
}

func helpOf(c *cli.Context) string {
	return c.Command.HelpName + " --help says how it is called"
}

// onUsageError takes what the flag package found wrong.
func onUsageError(c *cli.Context, err error, _ bool) error {
	text := err.Error()
	name, unknown := strings.CutPrefix(text, "flag provided but not defined: -")
	if !unknown {
		return misused(c, "%s", text)
	}
	flag := "--" + strings.TrimLeft(name, "-")
	var names []string
	for _, f := range c.Command.Flags {
		names = append(names, f.Names()...)
	}
	if near := hint.Nearest(name, names); near != "" {
		return &usageError{"unknown flag " + flag, "did you mean --" + near + "?"}
	}
	return misused(c, "unknown flag %s", flag)
}

// unknownCommand is the action of a command that has only subcommands.
func unknownCommand(c *cli.Context) error {
	parent := c.Command.HelpName
	var names []string
	for _, sub := range c.Command.Subcommands {
		if !sub.Hidden {
			names = append(names, sub.Name)
		}
	}
	if !c.Args().Present() {
		return &usageError{"no command is given", parent + " --help lists the commands"}
	}
	asked := strings.TrimPrefix(parent+" "+c.Args().First(), "nugget ")
	err := &usageError{fmt.Sprintf("unknown command %q", asked), "the commands are " + strings.Join(names, ", ")}
	if near := hint.Nearest(c.Args().First(), names); near != "" {
		err.hint = "did you mean " + parent + " " + near + "?"
	}
	return err
}

// arguments returns the arguments, which are as many as there are names.
func arguments(c *cli.Context, names ...string) ([]string, error) {
	given := c.Args().Slice()
	if len(given) > len(names) {
		extra := given[len(names)]
		if slices.Contains(given[len(names):], "--") || !strings.HasPrefix(extra, "-") {
			return nil, misused(c, "unexpected argument %q", extra)
		}
		return nil, &usageError{
			fmt.Sprintf("the flag %s comes after the arguments", extra),
			fmt.Sprintf("flags go before arguments: %s [flags] %s", c.Command.HelpName, strings.Join(names, " ")),
		}
	}
	if len(given) < len(names) {
		return nil, misused(c, "%s is missing", strings.Join(names[len(given):], " "))
	}
	for i, g := range given {
		if g == "" {
			return nil, misused(c, "%s is empty", names[i])
		}
	}
	return given, nil
}

// required wants flags that are given and not empty.
func required(c *cli.Context, flags ...string) error {
	var missing []string
	for _, f := range flags {
		if c.String(f) == "" {
			missing = append(missing, "--"+f)
		}
	}
	if missing == nil {
		return nil
	}
	verb := "is"
	if len(missing) > 1 {
		verb = "are"
	}
	// A flag behind an argument is not seen as one.
	for _, arg := range c.Args().Slice() {
		if slices.Contains(missing, strings.SplitN(arg, "=", 2)[0]) {
			return &usageError{fmt.Sprintf("the flag %s comes after the arguments", arg), "flags go before arguments: " + c.Command.HelpName + " [flags] ..."}
		}
	}
	return misused(c, "%s %s missing", strings.Join(missing, " and "), verb)
}

// choice wants one of a flag's values.
func choice(c *cli.Context, flag string) (string, error) {
	v, values := c.String(flag), valuesOf(flagNamed(c.Command, flag))
	if slices.Contains(values, v) {
		return v, nil
	}
	text := fmt.Sprintf("--%s is %q, expected one of %s", flag, v, strings.Join(values, ", "))
	if near := hint.Nearest(v, values); near != "" {
		return "", &usageError{text, "did you mean " + near + "?"}
	}
	return "", misused(c, "%s", text)
}

// positive wants a flag of at least 1.
func positive(c *cli.Context, flag string) (int, error) {
	n := c.Int(flag)
	if n < 1 {
		return 0, misused(c, "--%s is %d, expected at least 1", flag, n)
	}
	return n, nil
}
