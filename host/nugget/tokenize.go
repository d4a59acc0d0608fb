package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/formats/chat"
	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/tokenizer"
)

func (a *app) tokenizeCommand() *cli.Command {
	return &cli.Command{
		Name:      "tokenize",
		Usage:     "turn text into a model's token ids",
		UsageText: "nugget tokenize --model MODEL [--json] TEXT\nnugget tokenize --model MODEL [--chat] --data FILE",
		Description: `Special tokens are added as the model's tokenizer adds them.

With --data every line of the JSON lines is {"text": "..."}, and gives a line {"ids": [...]}.
With --chat, TEXT and the lines are {"messages": [...], "add_generation_prompt": true}: the
model's chat template is rendered, and its text tokenised without adding special tokens.`,
		Flags: flags(modelFlag(),
			&cli.StringFlag{Name: "data", Usage: "read JSON lines from `FILE`; - is standard input"},
			boolFlag("chat", "conversations instead of text"),
			jsonFlag(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.tokenize),
	}
}

func (a *app) tokenize(c *cli.Context) error {
	if err := required(c, "model"); err != nil {
		return err
	}
	names := []string{"TEXT"}
	if c.String("data") != "" {
		names = nil
	}
	var args []string
	// An empty TEXT is a text too.
	if args = c.Args().Slice(); len(args) != 1 || names == nil {
		var err error
		if args, err = arguments(c, names...); err != nil {
			return err
		}
	}
	ck, err := checkpoint.Open(c.String("model"))
	if err != nil {
		return err
	}
	defer ck.Close()
	t, err := newTokenizing(ck, c.Bool("chat"))
	if err != nil {
		return err
	}
	if data := c.String("data"); data != "" {
		return a.tokenizeLines(c, t, data)
	}
	got, err := t.one(args[0])
	if err != nil {
		return err
	}
	if c.Bool("json") {
		got.Tokens = t.pieces(got.IDs)
		return a.stdout.json(got)
	}
	for i, piece := range t.pieces(got.IDs) {
		fmt.Fprintf(a.stdout, "%7d  %s\n", got.IDs[i], strconv.Quote(piece))
	}
	return nil
}

// tokenizeLines reads JSON lines, and prints one for each.
func (a *app) tokenizeLines(c *cli.Context, t *tokenizing, name string) error {
	in := a.stdin
	if name == "-" {
		name = "standard input"
	} else {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	r := bufio.NewReaderSize(in, 1<<16)
	for number := 1; ; number++ {
		if err := c.Context.Err(); err != nil {
			return err
		}
		line, end := r.ReadBytes('\n')
		if end != nil && end != io.EOF {
			return fmt.Errorf("%s: %w", name, end)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			got, err := t.line(line)
			if err != nil {
				return fmt.Errorf("%s line %d: %w", name, number, err)
			}
			if err := a.stdout.jsonLine(got); err != nil {
				return err
			}
		}
		if end == io.EOF {
			return nil
		}
	}
}

// tokenizing is how a model's texts become ids.
type tokenizing struct {
	tokenizer *tokenizer.Tokenizer
	template  *chat.Template // nil: texts, not conversations
}

// tokenized is one text's ids. Text is a conversation's, as the template renders it.
type tokenized struct {
	Text   *string  `json:"text,omitempty"`
	IDs    []int32  `json:"ids"`
	Tokens []string `json:"tokens,omitempty"`
}

func newTokenizing(ck *checkpoint.Checkpoint, conversations bool) (*tokenizing, error) {
	t := &tokenizing{}
	var err error
	if t.tokenizer, err = ck.Tokenizer(); err != nil {
		return nil, err
	}
	if conversations {
		t.template, err = ck.ChatTemplate()
	}
	return t, err
}

// one takes the argument TEXT.
func (t *tokenizing) one(text string) (tokenized, error) {
	if t.template != nil {
		return t.line([]byte(text))
	}
	ids, err := t.tokenizer.Encode(text, true)
	return tokenized{IDs: asList(ids)}, err
}

// line takes a line of JSON.
func (t *tokenizing) line(line []byte) (tokenized, error) {
	if t.template == nil {
		text, err := readText(line)
		if err != nil {
			return tokenized{}, err
		}
		return t.one(text)
	}
	messages, prompt, err := readConversation(line)
	if err != nil {
		return tokenized{}, err
	}
	text, err := t.template.Render(messages, chat.Options{Special: t.tokenizer.Special(), AddGenerationPrompt: prompt})
	if err != nil {
		return tokenized{}, err
	}
	ids, err := t.tokenizer.Encode(text, false)
	return tokenized{Text: &text, IDs: asList(ids)}, err
}

// asList makes JSON's [] of no ids, where nil would be null.
func asList(ids []int32) []int32 { return append([]int32{}, ids...) }

// pieces are the tokens of ids, in the vocabulary's spelling.
func (t *tokenizing) pieces(ids []int32) []string {
	pieces := make([]string, len(ids))
	for i, id := range ids {
		pieces[i], _ = t.tokenizer.Token(id)
	}
	return pieces
}
