package plugin

import (
	"context"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Chosen says which plugin describes the checkpoint, by the same rules as Describe.
func (s *Set) Chosen(ctx context.Context, ck *checkpoint.Checkpoint) (Listing, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return Listing{}, err
	}
	defer leave()
	w := want{model: ck.Path(), format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, typ: ck.ModelType()}
	if ck.Format() == checkpoint.GGUF {
		w.format = archpb.DescribeRequest_FORMAT_GGUF
	}
	p, err := s.choose(ctx, w)
	if err != nil {
		return Listing{}, err
	}
	told, err := s.identify(ctx, p)
	if err != nil {
		return Listing{}, err
	}
	hash, err := p.hash()
	return Listing{
		Name: told.Name, Version: told.Version, Protocol: int(arch.Handshake().ProtocolVersion),
		ModelTypes: told.ModelTypes, GGUFArchitectures: told.GgufArchitectures,
		Path: p.path, Hash: hash,
	}, err
}
