package tune

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// stream is random numbers that depend on a seed and a name alone: ChaCha8 with the
// SHA-256 of the seed, 8 bytes little endian, and the name as its key.
type stream struct{ numbers *rand.ChaCha8 }

func newStream(seed uint64, name string) stream {
	text := append(binary.LittleEndian.AppendUint64(nil, seed), name...)
	return stream{rand.NewChaCha8(sha256.Sum256(text))}
}

// unit is uniform in [0, 1), a multiple of 2^-53.
func (s stream) unit() float64 { return float64(s.numbers.Uint64()>>11) / (1 << 53) }

// uniform fills dst uniformly from [-bound, bound).
func (s stream) uniform(dst []float32, bound float64) {
	for i := range dst {
		dst[i] = float32((2*s.unit() - 1) * bound)
	}
}

// normal fills dst from the normal distribution, two numbers at a time (Box and Muller).
func normal[T float32 | float64](s stream, dst []T, deviation float64) {
	for i := 0; i < len(dst); i += 2 {
		radius := deviation * math.Sqrt(-2*math.Log(1-s.unit()))
		sin, cos := math.Sincos(2 * math.Pi * s.unit())
		dst[i] = T(radius * cos)
		if i+1 < len(dst) {
			dst[i+1] = T(radius * sin)
		}
	}
}

// orthonormal gives k orthonormal rows of n entries in random directions, k <= n: the Q
// of a normal matrix's QR.
func (s stream) orthonormal(k, n int) [][]float64 {
	values := make([]float64, n*k)
	normal(s, values, 1)
	var qr mat.QR
	qr.Factorize(mat.NewDense(n, k, values))
	var q mat.Dense
	qr.QTo(&q)
	rows := make([][]float64, k)
	for i := range rows {
		rows[i] = mat.Col(nil, i, &q)
	}
	return rows
}
