package tune

import (
	"encoding/binary"
	"math/rand/v2"
)

// order is which sample comes when. Each epoch is a permutation of its own: Fisher and
// Yates's shuffle, from the last place down, with numbers of ChaCha8
// (c2sp.org/chacha8rand) whose key is the seed and the epoch, 8 bytes each, little
// endian, and then "nugget epoch", padded with zeros. A number below n is the first
// 64-bit one that is less than the largest multiple of n, modulo n.
type order struct {
	plan
	seed    uint64
	inOrder bool

	epoch int // of permutation
	now   []int
}

// step gives the indices of a step's samples.
func (o *order) step(step int) []int {
	epoch, within := step/o.plan.epoch, step%o.plan.epoch
	if o.now == nil || o.epoch != epoch {
		o.epoch, o.now = epoch, o.permutation(epoch)
	}
	first := within * o.perStep
	return o.now[first:min(first+o.perStep, o.samples)]
}

func (o *order) permutation(epoch int) []int {
	p := make([]int, o.samples)
	for i := range p {
		p[i] = i
	}
	if o.inOrder {
		return p
	}
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], o.seed)
	binary.LittleEndian.PutUint64(key[8:], uint64(epoch))
	copy(key[16:], "nugget epoch")
	numbers := rand.NewChaCha8(key)
	for i := len(p) - 1; i > 0; i-- {
		j := below(numbers, uint64(i+1))
		p[i], p[j] = p[j], p[i]
	}
	return p
}

// below is a number less than n.
func below(numbers *rand.ChaCha8, n uint64) uint64 {
	most := -n % n // 2^64 modulo n
	for {
		if u := numbers.Uint64(); u <= ^most {
			return u % n
		}
	}
}
