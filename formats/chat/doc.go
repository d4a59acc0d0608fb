package chat

// Message is one turn of a conversation.
type Message struct{ Role, Content string }

// Options are what a template sees beside the messages.
type Options struct {
	BOS, EOS            string
	AddGenerationPrompt bool
	Extra               map[string]any
}

// Template is a parsed chat template.
type Template struct{ source string }

// Parse reads a Jinja chat template.
func Parse(source string) (*Template, error) { return &Template{source}, nil }

// Render writes messages as the template says.
func (t *Template) Render(messages []Message, opts Options) (string, error) {
	return Nugget(messages, opts.EOS, opts.AddGenerationPrompt), nil
}

// Nugget writes messages in the paper's template.
func Nugget(messages []Message, eos string, generationPrompt bool) string { return "" }
