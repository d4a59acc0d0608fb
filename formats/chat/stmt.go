package chat

// stmt is a statement of a template; it writes what it prints to w.
type stmt interface {
	exec(r *run, s *scope, w *output) error
}

// block is a sequence of statements.
type block []line

type line struct {
	number int
	stmt   stmt
}

type (
	textStmt  struct{ text string }
	printStmt struct{ of expr }
	branch    struct {
		test expr
		body block
	}
	ifStmt struct {
		branches  []branch
		otherwise block
	}
	setStmt      struct{ target, value expr }
	setBlockStmt struct {
		target, filter expr
		body           block
	}
	filterStmt struct {
		filter expr
		body   block
	}
	scopeStmt struct { // with, generation
		targets, values []expr
		body            block
	}
	jumpStmt struct{ out error } // break, continue
)

func (b block) exec(r *run, s *scope, w *output) error {
	for _, l := range b {
		if err := r.spend(stepWork); err != nil {
			return atLine(err, l.number)
		}
		if err := l.stmt.exec(r, s, w); err != nil {
			return atLine(err, l.number)
		}
	}
	return nil
}

// capture is the text that the block prints, in an inner scope.
func (b block) capture(r *run, s *scope) (string, error) {
	w := &output{run: r}
	err := b.exec(r, s.inner(), w)
	return w.String(), err
}

func (t textStmt) exec(_ *run, _ *scope, w *output) error { return w.write(t.text) }

func (p printStmt) exec(r *run, s *scope, w *output) error {
	v, err := p.of.eval(r, s)
	if err != nil {
		return err
	}
	text, err := str(r, v)
	if err != nil {
		return err
	}
	return w.write(text)
}

func (i ifStmt) exec(r *run, s *scope, w *output) error {
	for _, b := range i.branches {
		v, err := b.test.eval(r, s)
		if err != nil {
			return err
		}
		if truth(v) {
			return b.body.exec(r, s, w)
		}
	}
	return i.otherwise.exec(r, s, w)
}

func (st setStmt) exec(r *run, s *scope, _ *output) error {
	v, err := st.value.eval(r, s)
	if err != nil {
		return err
	}
	return assign(r, s, st.target, v)
}

func (st setBlockStmt) exec(r *run, s *scope, _ *output) error {
	v, err := filtered(r, s, st.body, st.filter)
	if err != nil {
		return err
	}
	return assign(r, s, st.target, v)
}

func (st filterStmt) exec(r *run, s *scope, w *output) error {
	v, err := filtered(r, s, st.body, st.filter)
	if err != nil {
		return err
	}
	text, err := str(r, v)
	if err != nil {
		return err
	}
	return w.write(text)
}

// bodyName is the name under which the filters of a block find its text; no
// identifier looks like it.
const bodyName = "(body)"

// filtered is the text of a block put through filters, which may be nil.
func filtered(r *run, s *scope, body block, filter expr) (any, error) {
	text, err := body.capture(r, s)
	if err != nil || filter == nil {
		return text, err
	}
	in := s.inner()
	in.set(bodyName, text)
	return filter.eval(r, in)
}

func (st scopeStmt) exec(r *run, s *scope, w *output) error {
	in := s.inner()
	for i, target := range st.targets {
		v, err := st.values[i].eval(r, s)
		if err != nil {
			return err
		}
		if err := assign(r, in, target, v); err != nil {
			return err
		}
	}
	return st.body.exec(r, in, w)
}

func (st jumpStmt) exec(*run, *scope, *output) error { return st.out }
