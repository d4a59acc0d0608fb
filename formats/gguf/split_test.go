package gguf

import "testing"

func TestAPartSaysWhichItIs(t *testing.T) {
	for name, c := range map[string]struct {
		header *builder
		want   Split
	}{
		"nothing":     {newBuilder(0, 0), Split{0, 1, -1}},
		"one part":    {part(0, 1).pair("split.tensors.count", typeInt32).u32(7), Split{0, 1, -1}},
		"no count":    {part(0, 0).pair("k", typeUint8).raw("a"), Split{0, 1, -1}},
		"second of 3": {part(1, 3).pair("split.tensors.count", typeInt32).u32(7), Split{1, 3, 7}},
		"no tensors":  {part(2, 3).pair("k", typeUint8).raw("a"), Split{2, 3, -1}},
	} {
		file, err := parse("x", newReader(c.header.bytes), int64(len(c.header.bytes)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := file.Split(); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}
