package arch_test

import (
	"errors"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

func TestNewRefusesCheckpoints(t *testing.T) {
	find := func(tensors []arch.TensorHeader, name string) *arch.TensorHeader {
		for i := range tensors {
			if tensors[i].Name == name {
				return &tensors[i]
			}
		}
		panic(name)
	}
	const up = "model.layers.1.up.weight"
	for _, c := range []struct {
		name   string
		change func(tensors []arch.TensorHeader) []arch.TensorHeader
		want   string
	}{
		{"a missing tensor", func(ts []arch.TensorHeader) []arch.TensorHeader {
			find(ts, up).Name = "model.layers.0.rotary.inv_freq"
			return ts
		}, `block "layer" step 10 (linear model.layers.{layer}.up), layer 1: the checkpoint has no tensor "model.layers.1.up.weight", expected one of shape [6 8]`},
		{"a missing bias", func(ts []arch.TensorHeader) []arch.TensorHeader {
			find(ts, "model.layers.0.q.bias").Name = "x.inv_freq"
			return ts
		}, `the checkpoint has no tensor "model.layers.0.q.bias", expected one of shape [16]`},
		{"an extra tensor", func(ts []arch.TensorHeader) []arch.TensorHeader {
			return append(ts, arch.TensorHeader{Name: "score.weight", DType: "F32", Shape: []int{2, 8}})
		}, `the checkpoint has tensor "score.weight" (F32 [2 8]), which the description of family "test" does not use`},
		{"extra tensors", func(ts []arch.TensorHeader) []arch.TensorHeader {
			return append(ts, arch.TensorHeader{Name: "b.bias", DType: "F32"}, arch.TensorHeader{Name: "a.bias", DType: "F16"})
		}, `the checkpoint has tensor "a.bias" (F16 []) (and 1 more), which`},
		{"a transposed tensor", func(ts []arch.TensorHeader) []arch.TensorHeader {
			find(ts, up).Shape = []int{hidden, ffn}
			return ts
		}, `layer 1: tensor "model.layers.1.up.weight" has shape [8 6], expected [6 8]`},
		{"a tensor of another rank", func(ts []arch.TensorHeader) []arch.TensorHeader {
			find(ts, up).Shape = []int{ffn * hidden}
			return ts
		}, "has shape [48], expected [6 8]"},
		{"integers", func(ts []arch.TensorHeader) []arch.TensorHeader { find(ts, up).DType = "I8"; return ts },
			`tensor "model.layers.1.up.weight" has type I8, expected a floating-point or GGUF block type`},
		{"booleans", func(ts []arch.TensorHeader) []arch.TensorHeader { find(ts, up).DType = "BOOL"; return ts }, "has type BOOL"},
		{"one tensor twice", func(ts []arch.TensorHeader) []arch.TensorHeader { return append(ts, ts[3]) },
			`tensor "model.layers.0.q.weight" is in the checkpoint twice`},
		{"no tensors", func([]arch.TensorHeader) []arch.TensorHeader { return nil }, `the checkpoint has no tensor "model.embed.weight"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := arch.New(plain(), c.change(plainTensors()))
			wantError(t, err, c.want)
		})
	}
	_, err := arch.New(plain(), nil)
	var hinted interface{ Hint() string }
	if !errors.As(err, &hinted) || hinted.Hint() == "" {
		t.Errorf("error %v has no hint", err)
	}
}

func TestIgnorePatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"a.b", "a.b", true}, {"a.b", "a.bc", false}, {"a*", "a", true}, {"*c", "abc", true}, {"a*c", "ac", true},
		{"a*c", "acb", false}, {"a*b*c", "axbxbxc", true}, {"a*b*c", "axc", false}, {"*inv_freq", "x.inv_freq", true},
		{"ab*ba", "aba", false}, {"a*a", "a", false}, {"**x**", "axb", true}, {"h.*.attn.bias", "h.11.attn.bias", true},
	} {
		m := plain()
		m.Ignore = []string{c.pattern}
		_, err := arch.New(m, append(plainTensors(), arch.TensorHeader{Name: c.name, DType: "F32", Shape: []int{1}}))
		if got := err == nil; got != c.want {
			t.Errorf("%q matches %q: %v, expected %v", c.pattern, c.name, got, c.want)
		}
	}
}
