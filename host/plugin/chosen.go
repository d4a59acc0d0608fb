package plugin

import (
	"context"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
)

// Chosen says which plugin describes the checkpoint, by the same rules as Describe.
func (s *Set) Chosen(ctx context.Context, ck *checkpoint.Checkpoint) (Listing, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return Listing{}, err
	}
	defer leave()
	p, err := s.choose(ctx, wantOf(ck))
	if err != nil {
		return Listing{}, err
	}
	told, err := s.identify(ctx, p)
	if err != nil {
		return Listing{}, err
	}
	return p.listing(told), nil
}
