package engine

import (
	"github.com/gomlx/compute"
)

// caches holds the keys and values of every layer, for sequences in slots.
type caches struct {
	dev             *device
	slots, capacity int
	layers          [][]*kvCache // keys and values of each attention step in turn
}

// kvCache is the keys or the values of one attention step of a layer: of each slot
// and head [capacity, dim]. What no token has written is zero.
type kvCache struct {
	heads, dim int
	buffer     compute.Buffer
	values     []float32 // the buffer's memory; nil where the device does not share it
}

// newCaches makes caches without room.
func (e *Engine) newCaches(slots int) *caches {
	c := &caches{dev: e.dev, slots: slots}
	for l := range e.layers() {
		var layer []*kvCache
		for _, a := range e.layer(l).attentions {
			for range 2 {
				layer = append(layer, &kvCache{heads: int(a.KvHeads), dim: int(a.HeadDim)})
			}
		}
		c.layers = append(c.layers, layer)
	}
	return c
}

// cacheRoom is the capacity for a number of tokens. Each capacity is a graph of its own,
// which takes XLA longer to compile than a few unused places cost.
func (d *device) cacheRoom(tokens int) int {
	capacity := 64
	if !d.pureGo {
		capacity = 256
	}
	for capacity < tokens {
		capacity *= 2
	}
	return capacity
}

// bytes is what caches for sequences of so many tokens take.
func (c *caches) bytes(tokens int) int64 {
	entries := int64(0)
	for _, layer := range c.layers {
		for _, k := range layer {
			entries += int64(k.heads * k.dim)
		}
	}
	return 4 * entries * int64(c.slots) * int64(c.dev.cacheRoom(tokens))
}

// reserve makes room for so many tokens in every slot.
func (c *caches) reserve(tokens int) error {
	if tokens <= c.capacity {
		return nil
	}
	from := make([]int, c.slots)
	for i := range from {
		from[i] = i
	}
	return c.rearrange(from, c.dev.cacheRoom(tokens))
}

// rearrange gives slot i what slot from[i] has, nothing where that is -1.
func (c *caches) rearrange(from []int, capacity int) error {
	for _, layer := range c.layers {
		for _, k := range layer {
			if err := k.rearrange(c.dev, from, c.capacity, capacity); err != nil {
				return err
			}
		}
	}
	c.slots, c.capacity = len(from), capacity
	return nil
}

func (k *kvCache) rearrange(d *device, from []int, old, capacity int) error {
	next := &kvCache{heads: k.heads, dim: k.dim}
	var err error
	next.buffer, err = d.fill(func(dst []float32) error {
		if d.shared {
			next.values = dst
		}
		clear(dst)
		if old == 0 {
			return nil
		}
		src := k.values
		if !d.shared {
			if src, err = d.read(k.buffer); err != nil {
				return err
			}
		}
		for slot, source := range from {
			for head := range k.heads {
				if source >= 0 {
					n := min(old, capacity) * k.dim
					copy(dst[(slot*k.heads+head)*capacity*k.dim:][:n], src[(source*k.heads+head)*old*k.dim:][:n])
				}
			}
		}
		return nil
	}, len(from)*k.heads, capacity, k.dim)
	if err != nil {
		return err
	}
	free(k.buffer)
	*k = *next
	return nil
}

// edit lets fn change what is in a cache.
func (k *kvCache) edit(d *device, slots, capacity int, fn func(values []float32)) error {
	if d.shared {
		fn(k.values)
		return nil
	}
	values, err := d.read(k.buffer)
	if err != nil {
		return err
	}
	fn(values)
	next, err := upload(d, values, slots*k.heads, capacity, k.dim)
	if err != nil {
		return err
	}
	free(k.buffer)
	k.buffer = next
	return nil
}

// put writes a token's row, [heads*dim], at a place of a slot.
func (k *kvCache) put(values []float32, capacity, slot, place int, row []float32) {
	for head := range k.heads {
		copy(values[((slot*k.heads+head)*capacity+place)*k.dim:][:k.dim], row[head*k.dim:])
	}
}

// buffers are a layer's, as its graphs take them.
func (c *caches) buffers(layer int) []compute.Buffer {
	var all []compute.Buffer
	for _, k := range c.layers[layer] {
		all = append(all, k.buffer)
	}
	return all
}

func (c *caches) free() {
	for _, layer := range c.layers {
		for _, k := range layer {
			free(k.buffer)
			k.buffer, k.values = nil, nil
		}
	}
}
