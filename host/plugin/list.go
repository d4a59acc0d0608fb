package plugin

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Listing is what `nugget plugins list` says of one plugin.
type Listing struct {
	Name, Version     string
	Protocol          int
	ContractMinor     int // the contract's version is Protocol.ContractMinor
	ModelTypes        []string
	GGUFArchitectures []string
	Path, Hash        string // Hash: SHA-256 in hex; of an address "": nobody knows the program
	Err               error  // the plugin does not answer: why; the rest is then empty but Path
}

// List asks every plugin found who it is, sorted by name. It does not rely on the
// cache: a listing is looked at when something does not work.
func (s *Set) List(ctx context.Context) ([]Listing, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	found := s.search()
	programs := slices.Concat(found.given, found.programs)
	list := make([]Listing, len(programs))
	var g errgroup.Group
	g.SetLimit(starts())
	for i, p := range programs {
		g.Go(func() error { list[i] = s.listing(ctx, p); return nil })
	}
	g.Wait()
	if ctx.Err() != nil {
		return nil, ended(ctx)
	}
	for _, u := range found.unusable {
		list = append(list, Listing{Path: u.path, Err: u.err})
	}
	slices.SortStableFunc(list, func(a, b Listing) int { return cmp.Compare(a.key(), b.key()) })
	return list, nil
}

func (s *Set) listing(ctx context.Context, p *program) Listing {
	told, err := s.askInfo(ctx, p)
	if err != nil {
		return Listing{Path: p.path, Err: err}
	}
	return p.listing(told)
}

// listing is what there is to say of a plugin that answers.
func (p *program) listing(told *identity) Listing {
	hash, err := p.hash()
	if err != nil {
		return Listing{Path: p.path, Err: err}
	}
	if p.attached != nil {
		hash = ""
	}
	return Listing{
		Name: told.Name, Version: told.Version, Protocol: int(arch.Handshake().ProtocolVersion), ContractMinor: int(told.ContractMinor),
		ModelTypes: told.ModelTypes, GGUFArchitectures: told.GgufArchitectures,
		Path: p.path, Hash: hash,
	}
}

// key sorts one that does not answer by its file's name.
func (l Listing) key() string {
	if l.Name != "" {
		return l.Name
	}
	return strings.TrimPrefix(filepath.Base(l.Path), prefix)
}
