package chat

import "strings"

// Nugget writes messages in the paper's template: a system or user turn is
//
//	<|user|>\n{content}\n\n
//
// and an assistant turn
//
//	<|assistant|>\n{content}{eos}
//
// with the white space around each content trimmed, as Python's strip does. Nothing
// follows the end of an assistant turn, so the next turn begins right after eos.
// With generationPrompt the text ends with "<|assistant|>\n". A role other than
// assistant is written as user's.
func Nugget(messages []Message, eos string, generationPrompt bool) string {
	var b strings.Builder
	for _, m := range messages {
		content := strings.TrimFunc(m.Content, isSpace)
		if m.Role == "assistant" {
			b.WriteString("<|assistant|>\n" + content + eos)
		} else {
			b.WriteString("<|user|>\n" + content + "\n\n")
		}
	}
	if generationPrompt {
		b.WriteString("<|assistant|>\n")
	}
	return b.String()
}
