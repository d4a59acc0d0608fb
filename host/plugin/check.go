package plugin

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archcheck"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// maxFaults is after how many crashes and silences a plugin under check is given up:
// each may cost a whole deadline.
const maxFaults = 3

// Check starts the one plugin that Options.Binaries or Debug names, and says what is
// wrong with it: on its own and about the checkpoints (archcheck). Nothing is cached.
// The error is about what cannot be checked at all.
func (s *Set) Check(ctx context.Context, checkpoints ...*checkpoint.Checkpoint) ([]archcheck.Result, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	found := s.search()
	if err := found.badGiven(s.opts); err != nil {
		return nil, err
	}
	if len(found.given) != 1 {
		return nil, fmt.Errorf("%d plugins to check, expected one", len(found.given))
	}
	t := &talk{set: s, program: found.given[0]}
	defer t.end()
	results := []archcheck.Result{t.handshake(ctx)}
	if results[0].Sound() {
		target := t.target(ctx)
		results = append(results, t.info(target))
		results = append(results, checkAll(target, checkpoints)...)
	}
	if ctx.Err() != nil {
		return nil, ended(ctx)
	}
	if t.given() {
		results = append(results, archcheck.Result{Check: "end", Problems: []archcheck.Problem{{
			Found: fmt.Sprintf("%d crashes and silences", t.faults), Expected: "none: the rest was not checked"}}})
	}
	return results, nil
}

// info is the kit's check and the host's own.
func (t *talk) info(target archcheck.Target) archcheck.Result {
	r := archcheck.Info(target)
	if !r.Sound() {
		return r
	}
	var f *fault
	if info, err := target.Info(); err == nil && errors.As(checkIdentity(t.program, info), &f) {
		r.Problems = append(r.Problems, archcheck.Problem{Found: "that the plugin " + f.did(), Expected: "names that can be shown, and few"})
	}
	return r
}

func checkAll(target archcheck.Target, checkpoints []*checkpoint.Checkpoint) []archcheck.Result {
	if len(checkpoints) == 0 {
		return archcheck.Synthetic(target)
	}
	var results []archcheck.Result
	var all []archcheck.Checkpoint
	for _, ck := range checkpoints {
		c := archcheck.Checkpoint{Name: ck.Path(), GGUF: ck.Format() == checkpoint.GGUF, Config: ck.Config()}
		for _, t := range ck.Tensors() {
			c.Tensors = append(c.Tensors, arch.TensorHeader{Name: t.Name, DType: t.DType, Shape: t.Shape})
		}
		all = append(all, c)
		results = append(results, archcheck.Check(target, c)...)
	}
	if len(all) > 1 {
		if r := archcheck.Together(target, all...); r.Detail != "" || !r.Sound() {
			results = append(results, r)
		}
	}
	return results
}

// talk is a plugin that is asked many things. Its process is started again when it has
// ended. Its methods are safe for concurrent use.
type talk struct {
	set     *Set
	program *program

	mu      sync.Mutex
	session *session
	faults  int
}

// handshake starts the plugin for the first time.
func (t *talk) handshake(ctx context.Context) archcheck.Result {
	r := archcheck.Result{Check: "handshake", Detail: fmt.Sprintf("gRPC, protocol %d", arch.Handshake().ProtocolVersion)}
	if _, err := t.start(ctx); err != nil {
		r.Problems = []archcheck.Problem{{Found: told(err), Expected: fmt.Sprintf(
			"go-plugin's handshake line on standard output within %v, and gRPC behind it", t.set.limits.start)}}
	}
	return r
}

// told is an error as what was found.
func told(err error) string {
	var f *fault
	if errors.As(err, &f) {
		return "that the plugin " + f.did()
	}
	return err.Error()
}

// start is the session that runs, or a new one.
func (t *talk) start(ctx context.Context) (*session, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.faults >= maxFaults {
		return nil, archcheck.ErrStop
	}
	if t.session == nil {
		x, err := t.set.start(ctx, t.program)
		if err != nil {
			return nil, err
		}
		t.session = x
	}
	return t.session, nil
}

// end ends the plugin.
func (t *talk) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.session != nil {
		t.session.end()
		t.session = nil
	}
}

// given reports whether the plugin has been given up.
func (t *talk) given() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.faults >= maxFaults
}

// failed turns a fault of the plugin into the kit's, and has it started anew.
func (t *talk) failed(ctx context.Context, x *session, err error) error {
	var f *fault
	var own *refusal
	switch {
	case ctx.Err() != nil:
		return archcheck.ErrStop
	case errors.As(err, &own):
		return errors.New(clip(own.message, maxMessage))
	case !errors.As(err, &f):
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults++
	if x != nil && t.session == x {
		x.end()
		t.session = nil
	}
	return &archcheck.Fault{What: f.did()}
}

// target is the plugin as the kit asks it.
func (t *talk) target(ctx context.Context) archcheck.Target {
	target := archcheck.Target{
		Info: func() (*archpb.InfoResponse, error) {
			x, err := t.start(ctx)
			if err != nil {
				return nil, t.failed(ctx, nil, err)
			}
			info, err := call(ctx, x, x.limits.info, "Info", x.service.Info, &archpb.InfoRequest{})
			if err != nil {
				return nil, t.failed(ctx, x, err)
			}
			return info, nil
		},
		Describe: func(req *archpb.DescribeRequest) (*archpb.Model, error) {
			x, err := t.start(ctx)
			if err != nil {
				return nil, t.failed(ctx, nil, err)
			}
			answer, err := call(ctx, x, x.limits.describe, "Describe", x.service.Describe, req)
			if err != nil {
				return nil, t.failed(ctx, x, err)
			}
			if answer.Model == nil {
				return nil, &archcheck.Fault{What: "gave neither a description nor an error"}
			}
			return answer.Model, nil
		},
	}
	if t.program.attached == nil {
		target.File = filepath.Base(t.program.path)
	}
	return target
}
