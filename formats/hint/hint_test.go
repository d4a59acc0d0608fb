package hint

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

// typed is an error type with a hint of its own.
type typed struct{ advice string }

func (typed) Error() string  { return "typed" }
func (e typed) Hint() string { return e.advice }

func wrap(err error) error { return fmt.Errorf("wrapped: %w", err) }

func TestTheTextStaysAsItIs(t *testing.T) {
	if got := wrap(With(errors.New("a"), "b")).Error(); got != "wrapped: a" {
		t.Errorf("got %q", got)
	}
}

func TestTheOutermostHintCounts(t *testing.T) {
	a := errors.New("a")
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"nil":               {nil, ""},
		"none":              {wrap(a), ""},
		"attached":          {With(a, "b"), "b"},
		"wrapped":           {wrap(wrap(With(a, "b"))), "b"},
		"of a type":         {wrap(typed{"c"}), "c"},
		"attached to typed": {With(wrap(typed{"c"}), "d"), "d"},
		"twice":             {With(wrap(With(a, "inner")), "outer"), "outer"},
		"joined":            {errors.Join(a, With(a, "c")), "c"},
		"of no error":       {With(nil, "b"), ""},
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
