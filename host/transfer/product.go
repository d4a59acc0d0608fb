package transfer

// The products of the factorisation: a float32 matrix w [n, m] with a few float64
// vectors, which are rows. The matrix is read once for all of them, and every result
// is summed up in one fixed order, so it does not depend on the number of cores.

// tileCols is how many columns of a matrix are worked on at a time, few enough that
// the vectors' parts stay in a core's cache. Tiles are the same for any number of
// cores, because a sum's rounding may depend on where in a tile it is.
const tileCols = 1024

// multiply is w x for each vector x: y[k*n+i] = sum over j of w[i,j] x[k*m+j].
func multiply(w matrix, x, y []float64) {
	n, m := len(w.rows), w.cols
	k := len(x) / m
	const rows = 64 // a call
	each((n+rows-1)/rows, func(c int) {
		first, last := c*rows, min((c+1)*rows, n)
		for v := range k {
			clear(y[v*n+first : v*n+last])
		}
		for from := 0; from < m; from += tileCols {
			to := min(from+tileCols, m)
			for i := first; i < last; i += 4 {
				multiplyTile(w.rows[i:min(i+4, last)], x, y[i:], k, n, m, from, to)
			}
		}
	})
}

// multiplyT is w^T x for each vector x: y[k*m+j] = sum over i of w[i,j] x[k*n+i].
func multiplyT(w matrix, x, y []float64) {
	n, m := len(w.rows), w.cols
	k := len(x) / n
	each((m+tileCols-1)/tileCols, func(c int) {
		from, to := c*tileCols, min((c+1)*tileCols, m)
		for v := range k {
			clear(y[v*m+from : v*m+to])
		}
		for i := 0; i < n; i += 4 {
			multiplyTTile(w.rows[i:min(i+4, n)], x[i:], y, k, n, m, from, to)
		}
	})
}

// portableMultiplyTile adds four rows' (or fewer) products over columns from to to.
func portableMultiplyTile(rows [][]float32, x, y []float64, k, n, m, from, to int) {
	for v := range k {
		part := x[v*m+from : v*m+to]
		for i, r := range rows {
			r := r[from:to][:len(part)]
			var a, b float64
			j := 0
			for ; j+1 < len(part); j += 2 {
				a += float64(r[j]) * part[j]
				b += float64(r[j+1]) * part[j+1]
			}
			if j < len(part) {
				a += float64(r[j]) * part[j]
			}
			y[v*n+i] += a + b
		}
	}
}

// portableMultiplyTTile adds four rows (or fewer), each times its entry of x.
func portableMultiplyTTile(rows [][]float32, x, y []float64, k, n, m, from, to int) {
	for v := range k {
		part := y[v*m+from : v*m+to]
		for i, r := range rows {
			f := x[v*n+i]
			r := r[from:to][:len(part)]
			for j, e := range r {
				part[j] += f * float64(e)
			}
		}
	}
}
