package transfer

import (
	"slices"

	"github.com/neuralnuggets/nugget/host/engine"
)

// score is a layer's: the sum of S over all its tensors, norms and biases included.
func score(g engine.Group) float64 {
	sum := 0.0
	for _, t := range g.Tensors {
		sum += sumAll(t.S)
	}
	return sum
}

// sumAll adds up in float64. The order is one for any number of cores.
func sumAll(values []float32) float64 {
	const piece = 1 << 16
	sums := make([]float64, (len(values)+piece-1)/piece)
	each(len(sums), func(i int) { sums[i] = sumOf(values[i*piece : min((i+1)*piece, len(values))]) })
	sum := 0.0
	for _, s := range sums {
		sum += s
	}
	return sum
}

// depth is how the teacher's layers come to be the student's.
type depth struct {
	how              string
	teacher, student int
	seed             uint64
}

// fixed are the teacher's layers for the student's layers 0, 1, ... where they do not
// depend on the scores; nil where they do.
func (d depth) fixed() []int {
	layers := make([]int, d.student)
	switch {
	case d.teacher <= d.student:
		// All of them, spread evenly: a teacher's layer serves neighbours.
		for k := range layers {
			layers[k] = k * d.teacher / d.student
		}
	case d.how == First:
		for k := range layers {
			layers[k] = k
		}
	case d.how == Last:
		for k := range layers {
			layers[k] = d.teacher - d.student + k
		}
	case d.how == Random:
		layers = generator(d.seed, "layers").Perm(d.teacher)[:d.student]
		slices.Sort(layers)
	default:
		return nil
	}
	return layers
}

// chosen keeps as many layers as the student has, those with the highest scores (of
// equal ones the first), back in the order of their indices.
func (d depth) chosen(scores []float64) []int {
	if layers := d.fixed(); layers != nil {
		return layers
	}
	return top(scores, d.student)
}

// students are the student's layers that a teacher's layer may come to serve.
func (d depth) students(layer int) []int {
	var list []int
	if fixed := d.fixed(); fixed != nil {
		for k, l := range fixed {
			if l == layer {
				list = append(list, k)
			}
		}
		return list
	}
	for k := max(0, layer-(d.teacher-d.student)); k <= min(layer, d.student-1); k++ {
		list = append(list, k)
	}
	return list
}

// leading keeps track of the layers that may still be among the chosen ones, so that
// no factors are taken of, or kept for, the others.
type leading struct {
	depth  depth
	scores map[int]float64
}

// offer reports whether a layer is among the chosen so far, and which one it puts out
// (-1: none).
func (l *leading) offer(layer int, score float64) (in bool, out int) {
	if l.depth.fixed() != nil {
		return len(l.depth.students(layer)) > 0, -1
	}
	l.scores[layer] = score
	if len(l.scores) <= l.depth.student {
		return true, -1
	}
	worst := layer
	for i, s := range l.scores {
		if s < l.scores[worst] || s == l.scores[worst] && i > worst {
			worst = i
		}
	}
	delete(l.scores, worst)
	return worst != layer, worst
}
