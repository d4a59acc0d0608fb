package fused

// block is some rows of a sum, one worker's work.
type block struct {
	*Sum
	first, rows int
}

const (
	// blockRows is about how many rows a block has: the packed dY of one seed is then
	// 100 kB, which stays in the cache of a core while X goes by.
	blockRows = 96
	// blockEntries is about how many entries of W and of S are worked on before the
	// next ones are: as many as the cache holds along with it.
	blockEntries = 24 << 10
	// panelWords bounds the packed dY of long seeds.
	panelWords = 64 << 10
)

// blocksOf cuts the sums, so that every worker gets some.
func (k *Kernel) blocksOf(sums []Sum, workers int) []block {
	total, words := 0, 1
	for i := range sums {
		total += sums[i].Out
	}
	for _, s := range sums[0].Seeds {
		words = max(words, k.words(s.Tokens))
	}
	size := min(blockRows, panelWords/words, total/(4*workers))
	size = max(size/k.rows, 1) * k.rows
	var all []block
	for i := range sums {
		for first := 0; first < sums[i].Out; first += size {
			all = append(all, block{&sums[i], first, min(size, sums[i].Out-first)})
		}
	}
	return all
}

// add adds every seed to the block. x and starts are as the Adder packed them.
func (b block) add(k *Kernel, x []uint32, starts []int, own *scratch) {
	panels := (b.rows + k.rows - 1) / k.rows
	dyStarts := make([]int, len(b.Seeds)+1)
	for i, s := range b.Seeds {
		dyStarts[i+1] = dyStarts[i] + k.words(s.Tokens)*panels*k.rows
	}
	own.dy = grown(own.dy, dyStarts[len(b.Seeds)])
	for i, s := range b.Seeds {
		size := k.words(s.Tokens) * k.rows
		own.spare = grown(own.spare, size)
		for p := range panels {
			k.packDY(own.dy[dyStarts[i]+p*size:][:size], own.spare, s, b.first+p*k.rows, b.first+b.rows)
		}
	}
	width := max(blockEntries/b.rows/k.cols, 1) * k.cols
	for col := 0; col < b.In; col += width {
		end := min(col+width, b.In)
		for i, s := range b.Seeds {
			if s.Tokens == 0 && len(s.Apart) == 0 {
				continue
			}
			own.saved = b.save(own.saved, s, col, end)
			if s.Tokens > 0 {
				b.addSeed(k, own.dy[dyStarts[i]:dyStarts[i+1]], x[starts[i]:starts[i+1]], k.words(s.Tokens), col, end, own)
			}
			b.formRows(k, own.saved, s, col, end)
		}
	}
}

// addSeed adds one seed to the columns from col to end.
func (b block) addSeed(k *Kernel, dy, x []uint32, words, col, end int, own *scratch) {
	tile, size, depth := k.tile[b.W.Type], b.W.Type.size(), k.depth(words)
	for ; col < end; col += k.cols {
		panel := &x[col/k.cols*k.cols*words]
		for row := 0; row < b.rows; row += k.rows {
			from := (b.first+row)*b.In + col
			if row+k.rows > b.rows || col+k.cols > b.In {
				b.edge(k, &dy[row*words], panel, depth, from, min(k.rows, b.rows-row), min(k.cols, b.In-col), own)
				continue
			}
			tile(&dy[row*words], panel, depth, &b.W.Data[from*size], b.In*size, &b.S[from], b.In*4)
		}
	}
}

// edge adds to a tile of which only some rows and columns are there.
func (b block) edge(k *Kernel, dy, x *uint32, depth, from, rows, cols int, own *scratch) {
	size := b.W.Type.size()
	own.s, own.w = grown(own.s, k.rows*k.cols), grown(own.w, k.rows*k.cols*size)
	clear(own.s)
	clear(own.w)
	for r := range rows {
		copy(own.s[r*k.cols:], b.S[from+r*b.In:][:cols])
		copy(own.w[r*k.cols*size:], b.W.Data[(from+r*b.In)*size:][:cols*size])
	}
	k.tile[b.W.Type](dy, x, depth, &own.w[0], k.cols*size, &own.s[0], k.cols*4)
	for r := range rows {
		copy(b.S[from+r*b.In:][:cols], own.s[r*k.cols:])
	}
}
