package tokenizer

import (
	"slices"
	"strings"
	"sync"
)

const (
	cachedWords   = 1 << 15
	cachedWordLen = 64 // bytes
)

// wordCache remembers the ids of words. Once full it takes no more: the common
// words of a text come early.
type wordCache struct {
	mu  sync.RWMutex
	ids map[string][]int32
}

func newWordCache() *wordCache { return &wordCache{ids: map[string][]int32{}} }

func (c *wordCache) get(word string) ([]int32, bool) {
	if len(word) > cachedWordLen {
		return nil, false
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	ids, ok := c.ids[word]
	return ids, ok
}

func (c *wordCache) put(word string, ids []int32) {
	if len(word) > cachedWordLen {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.ids) < cachedWords {
		c.ids[strings.Clone(word)] = slices.Clone(ids)
	}
}
