package gguf

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The types of metadata values.
const (
	typeUint8 = iota
	typeInt8
	typeUint16
	typeInt16
	typeUint32
	typeInt32
	typeFloat32
	typeBool
	typeString
	typeArray
	typeUint64
	typeInt64
	typeFloat64
)

// maxDepth limits arrays of arrays. Nothing known nests them at all.
const maxDepth = 4

func (f *File) readMetadata(c *cursor, pairs int) error {
	f.meta = make(map[string]any)
	for i := range pairs {
		key, err := c.name()
		if err != nil {
			return fmt.Errorf("metadata key %d of %d: %w", i+1, pairs, err)
		}
		if _, ok := f.meta[key]; ok {
			return fmt.Errorf("metadata key %q: found twice, expected once", key)
		}
		value, err := c.typedValue()
		if err != nil {
			return fmt.Errorf("metadata key %q: %w", key, err)
		}
		f.keys = append(f.keys, key)
		f.meta[key] = value
	}
	return nil
}

func (c *cursor) typedValue() (any, error) {
	kind, err := c.uint32()
	if err != nil {
		return nil, err
	}
	return c.value(kind, maxDepth)
}

func (c *cursor) value(kind uint32, depth int) (any, error) {
	switch kind {
	case typeUint8:
		return one(c, 1, toUint8)
	case typeInt8:
		return one(c, 1, toInt8)
	case typeUint16:
		return one(c, 2, binary.LittleEndian.Uint16)
	case typeInt16:
		return one(c, 2, toInt16)
	case typeUint32:
		return one(c, 4, binary.LittleEndian.Uint32)
	case typeInt32:
		return one(c, 4, toInt32)
	case typeFloat32:
		return one(c, 4, toFloat32)
	case typeBool:
		return c.bool()
	case typeString:
		return c.string()
	case typeArray:
		return c.array(depth)
	case typeUint64:
		return one(c, 8, binary.LittleEndian.Uint64)
	case typeInt64:
		return one(c, 8, toInt64)
	case typeFloat64:
		return one(c, 8, toFloat64)
	}
	return nil, fmt.Errorf("found value type %d, expected 0 to %d", kind, typeFloat64)
}

func (c *cursor) array(depth int) (any, error) {
	if depth == 0 {
		return nil, fmt.Errorf("found arrays nested more than %d deep", maxDepth)
	}
	kind, err := c.uint32()
	if err != nil {
		return nil, err
	}
	switch kind {
	case typeUint8:
		return many(c, 1, toUint8)
	case typeInt8:
		return many(c, 1, toInt8)
	case typeUint16:
		return many(c, 2, binary.LittleEndian.Uint16)
	case typeInt16:
		return many(c, 2, toInt16)
	case typeUint32:
		return many(c, 4, binary.LittleEndian.Uint32)
	case typeInt32:
		return many(c, 4, toInt32)
	case typeFloat32:
		return many(c, 4, toFloat32)
	case typeBool:
		return each(c, 1, c.bool)
	case typeString:
		return each(c, 8, c.string)
	case typeArray:
		return each(c, 12, func() (any, error) { return c.array(depth - 1) })
	case typeUint64:
		return many(c, 8, binary.LittleEndian.Uint64)
	case typeInt64:
		return many(c, 8, toInt64)
	case typeFloat64:
		return many(c, 8, toFloat64)
	}
	return nil, fmt.Errorf("found array element type %d, expected 0 to %d", kind, typeFloat64)
}

func (c *cursor) bool() (bool, error) {
	b, err := one(c, 1, toUint8)
	if err == nil && b > 1 {
		err = fmt.Errorf("found %d as a bool, expected 0 or 1", b)
	}
	return b == 1, err
}

func one[T any](c *cursor, size int, decode func([]byte) T) (T, error) {
	b, err := c.peek(size)
	if err != nil {
		var zero T
		return zero, err
	}
	v := decode(b)
	return v, c.skip(size)
}

// many reads an array whose elements take size bytes each.
func many[T any](c *cursor, size int, decode func([]byte) T) ([]T, error) {
	return each(c, size, func() (T, error) { return one(c, size, decode) })
}

// each reads an array whose elements take least bytes each at least.
func each[T any](c *cursor, least int, read func() (T, error)) ([]T, error) {
	n, err := c.count("array elements", least)
	if err != nil {
		return nil, err
	}
	values := make([]T, n)
	for i := range values {
		if values[i], err = read(); err != nil {
			return nil, fmt.Errorf("array element %d of %d: %w", i+1, n, err)
		}
	}
	return values, nil
}

func toUint8(b []byte) uint8     { return b[0] }
func toInt8(b []byte) int8       { return int8(b[0]) }
func toInt16(b []byte) int16     { return int16(binary.LittleEndian.Uint16(b)) }
func toInt32(b []byte) int32     { return int32(binary.LittleEndian.Uint32(b)) }
func toInt64(b []byte) int64     { return int64(binary.LittleEndian.Uint64(b)) }
func toFloat32(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }
func toFloat64(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }
