package main

import (
	"context"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/host/plugin"
	"github.com/neuralnuggets/nugget/host/transfer"
)

// open opens a model and has it described. The checkpoint is to be closed.
func open(ctx context.Context, plugins *plugin.Set, path string) (transfer.Model, error) {
	ck, err := checkpoint.Open(path)
	if err != nil {
		return transfer.Model{}, err
	}
	a, err := plugins.Describe(ctx, ck)
	if err != nil {
		ck.Close()
		return transfer.Model{}, err
	}
	return transfer.Model{Checkpoint: ck, Arch: a, Name: path}, nil
}
