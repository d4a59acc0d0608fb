// Package seeds reads data files: JSON lines that become token ids with labels.
//
// A line is one of
//
//	{"messages": [{"role": "user", "content": "..."}, ..., {"role": "assistant", "content": "..."}]}
//	{"prompt": "...", "completion": "..."}
//	{"input_ids": [...], "labels": [...]}
//
// Content may also be a list of {"type": "text", "text": "..."}, which are joined. Other
// keys of a line don't matter; a turn that says something in tool_calls or the like is
// refused, because it would get lost. Where a line has several forms, input_ids count before
// messages, and these before prompt.
//
// A label is the token itself where it counts for the loss, else Ignored. As the
// paper's code does, the prompt is tokenised on its own, and as many tokens as it has
// are ignored at the whole's beginning, even where the tokenizer merges across the
// border.
//
//   - messages: the prompt is all but the last, which must be the assistant's. With
//     the paper's template the tokenizer adds its special tokens; with a checkpoint's
//     chat template it adds none, as apply_chat_template does.
//   - prompt and completion are taken verbatim, and the EOS token is put behind, if
//     it isn't there yet, as TRL does. The tokenizer adds its special tokens.
//   - input_ids and labels are taken as they are.
//
// Longer samples are cut as transformers cuts them: at the end, special tokens kept.
// A sample without a token that counts is an error. Whether ids fit a model's
// vocabulary is the engine's to check.
package seeds

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/neuralnuggets/nugget/formats/chat"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/tokenizer"
)

// Ignored is the label of a token that does not count.
const Ignored = -100

// defaultLength is the paper's MaxLength.
const defaultLength = 2048

// Sample is one line of a data file as token ids. Labels has an entry a token: the
// token itself where it counts, else Ignored; it is not shifted.
type Sample struct {
	Line   int // in its file, from 1
	Tokens []int32
	Labels []int32
}

// Encoder turns lines into samples.
type Encoder struct {
	// Tokenizer is asked for only when a line has text; nil where there is none.
	Tokenizer func() (*tokenizer.Tokenizer, error)
	// Template renders conversations; nil: the paper's (chat.Nugget).
	Template *chat.Template
	// MaxLength cuts longer samples; 0 means 2048.
	MaxLength int
	// Now is the date that templates see that write one. Zero: the present.
	Now time.Time
}

// Load reads a JSONL file. name is for messages.
//
// Blank lines are skipped; lines may end in CRLF; a byte order mark at the file's
// beginning is skipped. Errors name the file and the line.
func (e *Encoder) Load(r io.Reader, name string) ([]Sample, error) {
	return loadLines(e, r, name, lineForms, func(run *Encoder, line []byte, number int) (Sample, error) {
		s, err := run.sample(line)
		s.Line = number
		return s, err
	})
}

// loadLines reads a file's lines one by one. forms is the hint where there are none.
func loadLines[T any](e *Encoder, r io.Reader, name, forms string, one func(run *Encoder, line []byte, number int) (T, error)) ([]T, error) {
	if e.MaxLength < 0 {
		return nil, fmt.Errorf("%s: the maximum length of a sample is %d, expected at least 1", name, e.MaxLength)
	}
	run := *e
	if run.MaxLength == 0 {
		run.MaxLength = defaultLength
	}
	if run.Now.IsZero() {
		run.Now = time.Now() // once, so that prompt and whole tell the same time
	}
	lines := newLines(r)
	var all []T
	for {
		line, err := lines.next()
		if err == io.EOF {
			break
		}
		var t T
		if err == nil {
			t, err = one(&run, line, lines.number)
		}
		if err != nil {
			return nil, fmt.Errorf("%s line %d: %w", name, lines.number, err)
		}
		all = append(all, t)
	}
	if len(all) == 0 {
		return nil, hint.With(fmt.Errorf("%s: has no samples", name), forms)
	}
	return all, nil
}

// sample reads and encodes one line.
func (e *Encoder) sample(line []byte) (Sample, error) {
	p, err := parse(line)
	if err != nil {
		return Sample{}, err
	}
	s := Sample{Tokens: p.tokens, Labels: p.labels}
	switch {
	case p.messages != nil:
		s, err = e.conversation(p.messages)
	case p.completion != "":
		s, err = e.completion(p.prompt, p.completion)
	default:
		if n := len(s.Tokens); n > e.MaxLength {
			s.Tokens, s.Labels = s.Tokens[:e.MaxLength], s.Labels[:e.MaxLength]
			return s, e.checkCounts(s, n)
		}
		return s, e.checkCounts(s, len(s.Tokens))
	}
	return s, err
}

// checkCounts wants a token that counts. The first has no token before it that
// could predict it. full is the sample's length before it was cut.
func (e *Encoder) checkCounts(s Sample, full int) error {
	for _, label := range s.Labels[min(1, len(s.Labels)):] {
		if label != Ignored {
			return nil
		}
	}
	if full > len(s.Tokens) {
		return hint.With(fmt.Errorf("no token that counts is left of %d, cut at %d", full, len(s.Tokens)),
			"raise --max-length, or shorten the prompt")
	}
	return errors.New("no token counts for the loss")
}
