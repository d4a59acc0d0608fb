package transfer

// The products of the factorisation: a float32 matrix w [n, m] with a few vectors, which
// are rows, float32 or float64. The matrix is read once for all of them, and every result
// is summed up in one fixed order, so it does not depend on the number of cores.

// real is what vectors are made of.
type real interface{ float32 | float64 }

// tileCols is how many columns of a matrix are worked on at a time, few enough that
// the vectors' parts stay in a core's nearest cache. Tiles are the same for any number of
// cores, because a sum's rounding may depend on where in a tile it is.
const tileCols = 512

// multiply is w x for each vector x: y[k*n+i] = sum over j of w[i,j] x[k*m+j].
func multiply[T real](w matrix, x, y []T) {
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
func multiplyT[T real](w matrix, x, y []T) {
	clear(y)
	addMultiplyT(w, x, y)
}

// addMultiplyT adds w^T x to each vector y.
func addMultiplyT[T real](w matrix, x, y []T) {
	n, m := len(w.rows), w.cols
	if n == 0 {
		return
	}
	k := len(x) / n
	each((m+tileCols-1)/tileCols, func(c int) {
		from, to := c*tileCols, min((c+1)*tileCols, m)
		for i := 0; i < n; i += 4 {
			multiplyTTile(w.rows[i:min(i+4, n)], x[i:], y, k, n, m, from, to)
		}
	})
}

// portableMultiplyTile adds four rows' (or fewer) products over columns from to to.
func portableMultiplyTile[T real](rows [][]float32, x, y []T, k, n, m, from, to int) {
	for v := range k {
		part := x[v*m+from : v*m+to]
		for i, r := range rows {
			r := r[from:to][:len(part)]
			var a, b T
			j := 0
			for ; j+1 < len(part); j += 2 {
				a += T(r[j]) * part[j]
				b += T(r[j+1]) * part[j+1]
			}
			if j < len(part) {
				a += T(r[j]) * part[j]
			}
			y[v*n+i] += a + b
		}
	}
}

// portableMultiplyTTile adds four rows (or fewer), each times its entry of x.
func portableMultiplyTTile[T real](rows [][]float32, x, y []T, k, n, m, from, to int) {
	for v := range k {
		part := y[v*m+from : v*m+to]
		for i, r := range rows {
			f := x[v*n+i]
			r := r[from:to][:len(part)]
			for j, e := range r {
				part[j] += f * T(e)
			}
		}
	}
}
