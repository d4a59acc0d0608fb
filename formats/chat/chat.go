// Package chat writes conversations as the text a model was trained on: in a
// checkpoint's own Jinja chat template, or in the paper's.
//
// It promises the very string that transformers' apply_chat_template returns, or an
// error where that raises; testdata holds its goldens for real templates and the
// script that makes them. The dialect is Jinja2's as transformers sets it up
// (sandbox, trim_blocks, lstrip_blocks, loop controls, the generation tag, tojson
// without HTML escapes), with Python's values behind it: ordered dicts, strings
// counted in code points, True and None printed as Python prints them. What no chat
// template uses is left out (README.md lists it) and is an error.
//
// A template is untrusted input. Its size, its nesting, its output and the work it
// may do are limited; beyond a limit it gets an error, never a hang or a panic. It
// sees no files, no environment and no clock but Options.Now.
//
// Why our own interpreter: github.com/nikolalohinski/gonja/v2 v2.9.1, the library
// there is, is wrong on 9 of the 14 real templates it was tried on. It can't parse a string literal
// with a newline in it (Gemma 3) nor the generation tag, requires a count argument
// of str.replace (SmolLM3), sorts the keys of dicts and escapes HTML in tojson
// (LLaMA 3, Mistral, Qwen tools), strips other characters than str.strip does, and
// has no limits.
package chat

import "time"

// Message is one turn of a conversation. Role is "system", "user", "assistant" or
// whatever else the template knows.
type Message struct{ Role, Content string }

// Options is what a template sees beside the messages.
type Options struct {
	// Special are the tokenizer's special tokens: the template's bos_token,
	// eos_token, pad_token and so on. One that isn't there is undefined, as
	// transformers has it for a tokenizer without it.
	Special map[string]string

	// AddGenerationPrompt asks for the opening of an assistant turn at the end.
	AddGenerationPrompt bool

	// Extra are further variables, such as tools or enable_thinking. Values are
	// nil, bool, int, int64, float64, string, []any, []string, map[string]any or
	// json.RawMessage. A Go map has no order, so its keys are sorted; give
	// json.RawMessage where the order of keys must survive into the text. An
	// Extra named as a special token takes precedence.
	Extra map[string]any

	// Now is the time that the template's strftime_now tells, in its own location.
	// Some templates (LLaMA 3.2) write the date into the system turn: set it to
	// make the text reproducible. Zero: the present, local time.
	Now time.Time
}

// Template is a parsed chat template. It is safe for concurrent use.
type Template struct {
	source string
	body   block
}

// Parse reads a Jinja chat template. The error is an *Error that names the line.
func Parse(source string) (*Template, error) {
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	body, err := parse(tokens)
	if err != nil {
		return nil, err
	}
	return &Template{source: source, body: body}, nil
}

// Source returns the text that the template was parsed from.
func (t *Template) Source() string { return t.source }

// Render writes messages as the template says. Where the template itself refuses
// the conversation, by calling raise_exception, the error is a *Refusal; any other
// failure is an *Error.
func (t *Template) Render(messages []Message, opts Options) (string, error) {
	turns, err := turns(messages)
	if err != nil {
		return "", err
	}
	return t.render(turns, opts, workLimit)
}

func (t *Template) render(messages *list, opts Options, work int) (string, error) {
	vars, err := variables(messages, opts)
	if err != nil {
		return "", err
	}
	now := opts.Now
	if now.IsZero() {
		now = time.Now()
	}
	r := &run{work: work, now: now}
	w := &output{run: r}
	// The template's own assignments shadow the variables, as Jinja's do.
	top := &scope{parent: &scope{vars: vars, parent: builtins}}
	if err := t.body.exec(r, top, w); err != nil {
		return "", err
	}
	return w.String(), nil
}
