package plugin

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// identify finds out who a plugin is: from the cache, else by asking it. What came
// of it, an error included, holds for the set's life.
func (s *Set) identify(ctx context.Context, p *program) (*identity, error) {
	select {
	case p.asking <- struct{}{}:
		defer func() { <-p.asking }()
	case <-ctx.Done():
		return nil, ended(ctx)
	}
	if p.told != nil || p.err != nil {
		return p.told, p.err
	}
	hash, err := p.hash()
	if err != nil {
		p.err = failed(p, err.Error(), nil)
		return nil, p.err
	}
	told := &identity{}
	if s.cacheOf(p).read(hash, "info", told) && checkIdentity(p, told) == nil {
		p.told = told
		return told, nil
	}
	told, err = s.askInfo(ctx, p)
	if ctx.Err() != nil {
		return nil, ended(ctx)
	}
	p.told, p.err = told, err
	return told, err
}

// identifyAll identifies plugins side by side. It fails only with ctx.
func (s *Set) identifyAll(ctx context.Context, programs []*program) error {
	var g errgroup.Group
	g.SetLimit(starts())
	for _, p := range programs {
		g.Go(func() error { s.identify(ctx, p); return nil })
	}
	g.Wait()
	return ended(ctx)
}

// starts is how many plugins are started at once.
func starts() int { return max(4, runtime.GOMAXPROCS(0)) }

// askInfo asks a plugin who it is, and caches the answer.
func (s *Set) askInfo(ctx context.Context, p *program) (*identity, error) {
	x, err := s.start(ctx, p)
	if err != nil {
		return nil, err
	}
	defer x.end()
	told, err := call(ctx, x, x.limits.info, "Info", x.service.Info, &archpb.InfoRequest{})
	if err != nil {
		return nil, err
	}
	if err := checkIdentity(p, told); err != nil {
		return nil, err
	}
	hash, err := p.hash()
	if err == nil {
		err = s.cacheOf(p).write(hash, "info", told)
	}
	if err != nil {
		s.logLine(p, "not cached: "+err.Error())
	}
	return told, nil
}

// maxIdentity bounds who a plugin can be, in bytes.
const maxIdentity = 64 << 10

func checkIdentity(p *program, told *identity) error {
	switch {
	case told.Name == "":
		return failed(p, "gives no name", nil)
	case len(told.ModelTypes)+len(told.GgufArchitectures) == 0:
		return failed(p, "names no model type that it describes", nil)
	case proto.Size(told) > maxIdentity:
		return failed(p, "says too much of itself", nil)
	}
	for _, text := range append(append([]string{told.Name, told.Version}, told.ModelTypes...), told.GgufArchitectures...) {
		if printable([]byte(text)) != text {
			return failed(p, "gives a name that cannot be printed", nil)
		}
	}
	return nil
}
