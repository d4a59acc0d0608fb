package transfer

import (
	"context"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Adaptable lists the modules of a model that a transfer of these modules (All,
// Attention, FFN, Embeddings) may touch, for adapters that come from nothing: linear
// maps but routers, and embeddings that share no weight. message is told, once a line,
// what PEFT could not load.
func Adaptable(a *arch.Architecture, modules string, message func(string)) []*arch.Module {
	var list []*arch.Module
	p := &plan{student: Model{Arch: a}, opts: Options{Modules: modules, Message: message}, said: make(map[string]bool)}
	for _, layer := range byLayer(a) {
		p.targets = append(p.targets, targetsOf(layer, modules))
	}
	p.dropShadowed()
	for _, targets := range p.targets {
		for _, t := range targets {
			list = append(list, t.module)
		}
	}
	embed, unembed := outside(a, archpb.Role_ROLE_EMBED), outside(a, archpb.Role_ROLE_UNEMBED)
	if (modules == All || modules == Embeddings) && embed != nil && unembed != nil && unembed.TiedTo == "" {
		list = append(list, embed, unembed)
	}
	return list
}

// Factorise gives the truncated singular value decomposition of a matrix [rows, cols]
// as a transfer takes it of a window: b = U_r S_r [rows, rank], a = V_r^T [rank, cols].
func Factorise(ctx context.Context, values []float32, rows, cols, rank int) (b, a []float32, err error) {
	f, err := factorise(ctx, asMatrix(values, rows, cols), rank, false)
	if err != nil {
		return nil, nil, err
	}
	return f.b, f.a, nil
}
