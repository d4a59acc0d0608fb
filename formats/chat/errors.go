package chat

import (
	"errors"
	"fmt"
)

// Error is a template that can't be parsed, or that fails while it renders.
type Error struct {
	Line int // in the template's source, from 1; 0 where there is none
	Msg  string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return "chat template: " + e.Msg
	}
	return fmt.Sprintf("chat template line %d: %s", e.Line, e.Msg)
}

// Hint says what to do about it.
func (e *Error) Hint() string {
	return "--template nugget uses the paper's template instead of the checkpoint's"
}

// Refusal is a conversation that a template refuses by calling raise_exception:
// two user turns in a row, say, or a system turn where the model knows none.
type Refusal struct{ Message string }

func (e *Refusal) Error() string {
	return "the chat template refuses the conversation: " + e.Message
}

// Hint says what to do about it.
func (e *Refusal) Hint() string {
	return "change the conversation, or use the paper's template with --template nugget"
}

// The two ways out of a loop travel as errors through the statements between.
var (
	errBreak    = errors.New("break outside of a loop")
	errContinue = errors.New("continue outside of a loop")
)

// failf is an error whose line is not known yet; the statement adds it.
func failf(format string, args ...any) error {
	return &Error{Msg: fmt.Sprintf(format, args...)}
}

// atLine adds the line of a statement to an error that has none.
func atLine(err error, line int) error {
	if e, ok := err.(*Error); ok && e.Line == 0 {
		return &Error{Line: line, Msg: e.Msg}
	}
	return err
}
