package seeds

import (
	"io"

	"github.com/neuralnuggets/nugget/formats/chat"
	"github.com/neuralnuggets/nugget/formats/tokenizer"
)

// Ignored is the label of a token that does not count.
const Ignored = -100

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
}

// Load reads a JSONL file. name is for messages.
func (e *Encoder) Load(r io.Reader, name string) ([]Sample, error) { panic("stub") }
