package engine

// adapt adds the adapter's part to a sample's rows of an embedding, [T, width].
func (l lookup) adapt(f *Factors, s Sample, rows []float32) {
	width := int(l.embed.Width)
	for i := range s.Tokens {
		f.addRow(l.index(s, i), rows[i*width:(i+1)*width])
	}
}

// addRow adds the adapter's part to an embedding's row: B times the row's column of A.
func (f *Factors) addRow(row int, dst []float32) {
	column, r := make([]float32, f.Rank), f.Rank
	f.column(row, column)
	for j := range dst {
		var sum float32
		for k, b := range f.B[j*r : (j+1)*r] {
			sum += b * column[k]
		}
		dst[j] += sum
	}
}

// column copies a column of A, an embedding's row, to dst.
func (f *Factors) column(row int, dst []float32) {
	rows := len(f.A) / f.Rank
	for k := range dst {
		dst[k] = f.A[k*rows+row]
	}
}

// addGradients adds a sample's gradients of an embedding's factors, given that of its
// rows, dy [T, width]: dB = dy^T times the looked-up columns of A, and the column of A
// gets B^T dy.
func (l lookup) addGradients(f, into *Factors, s Sample, dy []float32) {
	width, r := int(l.embed.Width), f.Rank
	rows := len(f.A) / r
	column, back := make([]float32, r), make([]float32, r)
	for i := range s.Tokens {
		at := l.index(s, i)
		f.column(at, column)
		clear(back)
		for j, d := range dy[i*width : (i+1)*width] {
			b, db := f.B[j*r:(j+1)*r], into.B[j*r:(j+1)*r]
			for k, c := range column {
				back[k] += b[k] * d
				db[k] += d * c
			}
		}
		for k, v := range back {
			into.A[k*rows+at] += v
		}
	}
}
