package tokenizer

// trie finds the strings of a set that a text begins with. A node is a number;
// the root is 0.
type trie struct {
	edges  map[edge]int32
	values []int32 // noID where no string ends
	starts [256]bool
}

type edge struct {
	node int32
	b    byte
}

func newTrie() *trie {
	return &trie{edges: map[edge]int32{}, values: []int32{noID}}
}

// add puts s into the set; a later value replaces an earlier one.
func (t *trie) add(s string, value int32) {
	node := int32(0)
	for i := 0; i < len(s); i++ {
		next, ok := t.edges[edge{node, s[i]}]
		if !ok {
			next = int32(len(t.values))
			t.values = append(t.values, noID)
			t.edges[edge{node, s[i]}] = next
		}
		node = next
	}
	t.values[node] = value
	if s != "" {
		t.starts[s[0]] = true
	}
}

// longest is the longest string of the set that s begins with, length 0 where
// there is none.
func (t *trie) longest(s string) (length int, value int32) {
	value = noID
	node := int32(0)
	for i := 0; i < len(s); i++ {
		next, ok := t.edges[edge{node, s[i]}]
		if !ok {
			break
		}
		node = next
		if v := t.values[node]; v != noID {
			length, value = i+1, v
		}
	}
	return length, value
}
