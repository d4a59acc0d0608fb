package plugin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Describe asks the plugin that claims the checkpoint's model type, and checks the
// answer.
func (s *Set) Describe(ctx context.Context, ck *checkpoint.Checkpoint) (*arch.Architecture, error) {
	w := wantOf(ck)
	req := &archpb.DescribeRequest{Format: w.format, Config: ck.Config()}
	for _, t := range ck.Tensors() {
		header := &archpb.TensorHeader{Name: t.Name, Dtype: t.DType}
		for _, n := range t.Shape {
			header.Shape = append(header.Shape, uint64(n))
		}
		req.Tensors = append(req.Tensors, header)
	}
	a, err := s.describe(ctx, w, req)
	if err != nil {
		return nil, err
	}
	if err := untie(ctx, ck, a); err != nil {
		return nil, err
	}
	return a, nil
}

func (s *Set) describe(ctx context.Context, w want, req *archpb.DescribeRequest) (*arch.Architecture, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	p, err := s.choose(ctx, w)
	if err != nil {
		return nil, err
	}
	a, err := s.answer(ctx, p, req)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s: %w", w.model, s.speaks.explain(p.told, err))
	}
	return a, err
}

// answer is a plugin's description, from the cache or from itself. Either is checked.
func (s *Set) answer(ctx context.Context, p *program, req *archpb.DescribeRequest) (*arch.Architecture, error) {
	hash, err := p.hash()
	if err != nil {
		return nil, failed(p, err.Error(), nil)
	}
	question, err := fingerprint(req)
	if err != nil {
		return nil, err
	}
	cached := &archpb.DescribeResponse{}
	if s.cacheOf(p).read(hash, question, cached) {
		if a, err := arch.New(cached.Model, headers(req)); err == nil {
			return a, nil
		}
	}
	x, err := s.start(ctx, p)
	if err != nil {
		return nil, err
	}
	defer x.end()
	answer, err := call(ctx, x, x.limits.describe, "Describe", x.service.Describe, req)
	if err != nil {
		return nil, err
	}
	a, err := arch.New(answer.Model, headers(req))
	if err != nil {
		x.end() // what it has printed is read to the end then
		return nil, &unsound{program: p, err: err, words: x.words()}
	}
	if err := s.cacheOf(p).write(hash, question, answer); err != nil {
		s.logLine(p, "not cached: "+err.Error())
	}
	return a, nil
}

// fingerprint is a request's name in the cache.
func fingerprint(req *archpb.DescribeRequest) (string, error) {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), err
}

// headers are the request's tensors as arch checks them.
func headers(req *archpb.DescribeRequest) []arch.TensorHeader {
	list := make([]arch.TensorHeader, len(req.Tensors))
	for i, t := range req.Tensors {
		list[i] = arch.TensorHeader{Name: t.Name, DType: t.Dtype, Shape: make([]int, len(t.Shape))}
		for k, n := range t.Shape {
			list[i].Shape[k] = int(n)
		}
	}
	return list
}
