package gguf

import (
	"bytes"
	"encoding/binary"
	"io"
)

// builder writes headers, wrong ones too.
type builder struct{ bytes []byte }

func newBuilder(tensors, pairs uint64) *builder {
	b := &builder{[]byte("GGUF\x03\x00\x00\x00")}
	return b.u64(tensors).u64(pairs)
}

func (b *builder) raw(s string) *builder { b.bytes = append(b.bytes, s...); return b }
func (b *builder) u32(v uint32) *builder {
	b.bytes = binary.LittleEndian.AppendUint32(b.bytes, v)
	return b
}
func (b *builder) u64(v uint64) *builder {
	b.bytes = binary.LittleEndian.AppendUint64(b.bytes, v)
	return b
}
func (b *builder) str(s string) *builder { return b.u64(uint64(len(s))).raw(s) }

// pair is a key and its value's type; the value follows.
func (b *builder) pair(key string, kind uint32) *builder { return b.str(key).u32(kind) }

// tensor is a header, its dimensions in the file's order.
func (b *builder) tensor(name string, kind uint32, offset uint64, dims ...uint64) *builder {
	b.str(name).u32(uint32(len(dims)))
	for _, d := range dims {
		b.u64(d)
	}
	return b.u32(kind).u64(offset)
}

// part is the header of part no of count, with room for one pair more and no tensor.
func part(no, count byte) *builder {
	return newBuilder(0, 3).pair("split.no", typeUint16).raw(string([]byte{no, 0})).pair("split.count", typeUint16).raw(string([]byte{count, 0}))
}

func (b *builder) pad(alignment int) *builder {
	for len(b.bytes)%alignment != 0 {
		b.bytes = append(b.bytes, 0)
	}
	return b
}

func (b *builder) zeros(n int) *builder {
	b.bytes = append(b.bytes, make([]byte, n)...)
	return b
}

func newReader(b []byte) io.ReaderAt { return bytes.NewReader(b) }
