// Package hint attaches to an error what its reader can do about it.
//
// The error's text states the fact; the hint is a line of its own, which the
// command prints after it. Error types of other packages take part by having a
// method Hint() string.
package hint

import "errors"

// With returns err with a hint. The text of err stays as it is. No error stays none.
func With(err error, hint string) error {
	if err == nil {
		return nil
	}
	return &hinted{err, hint}
}

// Of returns the outermost hint of err, "" where there is none.
func Of(err error) string {
	var h interface {
		error
		Hint() string
	}
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

type hinted struct {
	error
	hint string
}

func (h *hinted) Hint() string  { return h.hint }
func (h *hinted) Unwrap() error { return h.error }
