package hint

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

// typed is an error type with a hint of its own.
type typed struct{ advice string }

func (typed) Error() string     { return "typed" }
func (e typed) Hint() string    { return e.advice }
func wrap(err error) error      { return fmt.Errorf("wrapped: %w", err) }
func joined(a, b error) error   { return errors.Join(a, b) }
func plain(text string) error   { return errors.New(text) }
func with(text, h string) error { return With(plain(text), h) }

func TestTheTextStaysAsItIs(t *testing.T) {
	if got := wrap(with("a", "b")).Error(); got != "wrapped: a" {
		t.Errorf("got %q", got)
	}
}

func TestTheOutermostHintCounts(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"nil":               {nil, ""},
		"none":              {wrap(plain("a")), ""},
		"attached":          {with("a", "b"), "b"},
		"wrapped":           {wrap(wrap(with("a", "b"))), "b"},
		"of a type":         {wrap(typed{"c"}), "c"},
		"attached to typed": {With(wrap(typed{"c"}), "d"), "d"},
		"twice":             {With(wrap(with("a", "inner")), "outer"), "outer"},
		"joined":            {joined(plain("a"), with("b", "c")), "c"},
	} {
		if got := Of(c.err); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestTheErrorUnderneathIsFound(t *testing.T) {
	err := With(wrap(&fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}), "create it")
	var path *fs.PathError
	if !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &path) || path.Path != "x" {
		t.Errorf("%v is neither", err)
	}
}
