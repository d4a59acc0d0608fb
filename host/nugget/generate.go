package main

import (
	"errors"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/formats/chat"
	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/tokenizer"
	"github.com/neuralnuggets/nugget/host/engine"
)

func (a *app) generateCommand() *cli.Command {
	return &cli.Command{
		Name:      "generate",
		Usage:     "let a model continue a prompt, with or without an adapter",
		UsageText: "nugget generate --model MODEL [--adapter DIR] [--chat] PROMPT",
		Description: `Each token is the most likely one. The model ends with one of its own end tokens, or after --max-tokens.
A PROMPT of - is read from standard input.

PROMPT is continued as it is, special tokens in front of it as the model's tokenizer adds them. With
--chat it is what the user says, in the model's chat template; --template nugget takes the paper's,
which nugget's students learn in.`,
		Flags: flags(modelFlag(),
			&cli.StringFlag{Name: "adapter", Usage: "a PEFT adapter's `DIR`"},
			boolFlag("chat", "the same as --template chat"),
			choiceFlag("template", "none", "`HOW` the prompt becomes text: none (as it is), chat (the model's own) or nugget (the paper's)", "none", "chat", "nugget"),
			&cli.StringFlag{Name: "system", Usage: "a system turn's `TEXT`, in front of the user's"},
			speakFlags(256), jsonFlag(), engineFlags(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.measured(a.generate),
	}
}

// generated is what --json prints.
type generated struct {
	Text         string  `json:"text"`
	Ended        bool    `json:"ended"` // by the model or a stop text; else it was cut
	PromptTokens int     `json:"prompt_tokens"`
	Tokens       []int32 `json:"tokens"`
}

func (a *app) generate(c *cli.Context) error {
	if err := required(c, "model"); err != nil {
		return err
	}
	args, err := arguments(c, "PROMPT")
	if err != nil {
		return err
	}
	speaking, err := newSpeaking(c)
	if err != nil {
		return err
	}
	template, err := promptTemplate(c)
	if err != nil {
		return err
	}
	prompt, err := a.readPrompt(args[0])
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
	t, err := m.Checkpoint.Tokenizer()
	if err != nil {
		return err
	}
	ids, err := encodePrompt(m.Checkpoint, t, template, c.String("system"), prompt)
	if err != nil {
		return err
	}
	s, err := a.newSpeaker(speaking, m, t)
	if err != nil {
		return err
	}
	opts, err := a.engineOptions(c, nil)
	if err != nil {
		return err
	}
	if dir := c.String("adapter"); dir != "" {
		if opts.Delta, err = a.delta(dir, m.Arch); err != nil {
			return err
		}
	}
	e, err := engine.New(c.Context, m.Checkpoint, m.Arch, opts)
	if err != nil {
		return err
	}
	defer e.Close()
	a.ui.detail("backend " + e.Backend())
	if !c.Bool("json") {
		s.heard = a.sayPart
	}
	all, took, err := s.speak(c.Context, e, [][]int32{ids})
	if err != nil {
		return err
	}
	answer := all[0]
	a.ui.detail(pace(len(answer.Tokens), took))
	if c.Bool("json") {
		return a.stdout.json(generated{answer.text, answer.Ended, len(ids), asList(answer.Tokens)})
	}
	_, err = io.WriteString(a.stdout, "\n")
	return err
}

// promptTemplate is --template, or chat with --chat.
func promptTemplate(c *cli.Context) (string, error) {
	template, err := choice(c, "template")
	if err != nil {
		return "", err
	}
	if c.Bool("chat") {
		if c.IsSet("template") && template != "chat" {
			return "", misused(c, "--chat and --template %s exclude each other", template)
		}
		template = "chat"
	}
	if template == "none" && c.String("system") != "" {
		return "", misused(c, "--system needs --chat or --template nugget")
	}
	return template, nil
}

// readPrompt reads a prompt of "-" from standard input, a line's end behind it left out.
func (a *app) readPrompt(prompt string) (string, error) {
	if prompt != "-" {
		return prompt, nil
	}
	raw, err := io.ReadAll(io.LimitReader(a.stdin, 64<<20))
	if err != nil {
		return "", err
	}
	prompt = strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
	if prompt == "" {
		return "", errors.New("the prompt on standard input is empty")
	}
	return prompt, nil
}

// encodePrompt turns a prompt into ids.
func encodePrompt(ck *checkpoint.Checkpoint, t *tokenizer.Tokenizer, template, system, prompt string) ([]int32, error) {
	messages := []chat.Message{{Role: "user", Content: prompt}}
	if system != "" {
		messages = append([]chat.Message{{Role: "system", Content: system}}, messages...)
	}
	special := true
	switch template {
	case "chat":
		parsed, err := ck.ChatTemplate()
		if err != nil {
			return nil, err
		}
		if prompt, err = parsed.Render(messages, chat.Options{Special: t.Special(), AddGenerationPrompt: true}); err != nil {
			return nil, err
		}
		special = false
	case "nugget":
		prompt = chat.Nugget(messages, t.EOS(), true)
	}
	ids, err := t.Encode(prompt, special)
	if err == nil && len(ids) == 0 {
		err = hint.With(errors.New("the prompt has no tokens"), "a model continues at least one")
	}
	return ids, err
}

// sayPart prints a part of a text at once.
func (a *app) sayPart(_ int, part string) error {
	if a.stdout.screen {
		part = printableText(part)
	}
	if _, err := io.WriteString(a.stdout, part); err != nil {
		return err
	}
	return a.stdout.Flush()
}
