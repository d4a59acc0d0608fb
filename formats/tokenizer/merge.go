package tokenizer

// symbol is a part of a word while it is being merged, in a doubly linked list.
type symbol struct {
	id         int32
	prev, next int32 // places in the list, -1 at its ends
	gone       bool  // merged into the one before
}

// candidate is a pair that can be merged: the symbol at pos and its next.
type candidate struct {
	rank, pos, id int32
}

func (c candidate) before(d candidate) bool {
	return c.rank < d.rank || c.rank == d.rank && c.pos < d.pos
}

// join merges a word's symbols as long as there is a merge for two neighbours:
// the one of the lowest rank first, of equal ones the leftmost. A heap makes
// that O(n log n).
func (m *bpe) join(dst, ids []int32) []int32 {
	if len(ids) < 2 {
		return append(dst, ids...)
	}
	list := make([]symbol, len(ids))
	queue := make([]candidate, 0, len(ids))
	for i, id := range ids {
		list[i] = symbol{id: id, prev: int32(i) - 1, next: int32(i) + 1}
		if i > 0 {
			if c, ok := m.merges[pair{ids[i-1], id}]; ok {
				queue = append(queue, candidate{c.rank, int32(i) - 1, c.id})
			}
		}
	}
	list[len(list)-1].next = -1
	heapify(queue)
	for len(queue) > 0 {
		var c candidate
		c, queue = pop(queue)
		left := &list[c.pos]
		if left.gone || left.next < 0 {
			continue
		}
		right := &list[left.next]
		// Symbols may have changed since c was queued. As in `tokenizers`, c still
		// holds if the pair that is there now has the same result.
		if now, ok := m.merges[pair{left.id, right.id}]; !ok || now.id != c.id {
			continue
		}
		left.id, left.next = c.id, right.next
		right.gone = true
		if right.next >= 0 {
			list[right.next].prev = c.pos
			if n, ok := m.merges[pair{left.id, list[right.next].id}]; ok {
				queue = push(queue, candidate{n.rank, c.pos, n.id})
			}
		}
		if left.prev >= 0 {
			if n, ok := m.merges[pair{list[left.prev].id, left.id}]; ok {
				queue = push(queue, candidate{n.rank, left.prev, n.id})
			}
		}
	}
	for i := int32(0); i >= 0; i = list[i].next {
		dst = append(dst, list[i].id)
	}
	return dst
}

func heapify(q []candidate) {
	for i := len(q)/2 - 1; i >= 0; i-- {
		sink(q, i)
	}
}

func push(q []candidate, c candidate) []candidate {
	q = append(q, c)
	for i := len(q) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q[i].before(q[parent]) {
			break
		}
		q[i], q[parent] = q[parent], q[i]
		i = parent
	}
	return q
}

func pop(q []candidate) (candidate, []candidate) {
	top, last := q[0], len(q)-1
	q[0] = q[last]
	q = q[:last]
	sink(q, 0)
	return top, q
}

func sink(q []candidate, i int) {
	for {
		child := 2*i + 1
		if child >= len(q) {
			return
		}
		if child+1 < len(q) && q[child+1].before(q[child]) {
			child++
		}
		if !q[child].before(q[i]) {
			return
		}
		q[i], q[child] = q[child], q[i]
		i = child
	}
}
