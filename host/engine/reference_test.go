package engine

import (
	"fmt"
	"math"
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// rows is a value [T, width] of the reference.
type rows [][]float64

// reference runs steps in float64, after the text of arch.proto: what the graphs are
// compared with, forward and by finite differences backward.
type reference struct {
	params map[paramKey][]float64
	expert int
	values map[string]rows
	last   rows
}

func (r *reference) run(steps []*archpb.Step) rows {
	for _, s := range steps {
		in := []rows{r.last}
		if len(s.In) > 0 {
			in = nil
			for _, name := range s.In {
				in = append(in, r.values[name])
			}
		}
		out := r.apply(s, in)
		for i, name := range s.Out {
			r.values[name] = out[i]
		}
		r.last = out[0]
	}
	return r.last
}

func (r *reference) apply(s *archpb.Step, in []rows) []rows {
	x := in[0]
	switch op := s.Op.(type) {
	case *archpb.Step_Linear:
		return []rows{r.linear(op.Linear, x)}
	case *archpb.Step_Norm:
		return []rows{r.norm(op.Norm, x)}
	case *archpb.Step_Rope:
		return []rows{refRope(op.Rope, x)}
	case *archpb.Step_Attention:
		return []rows{refAttention(op.Attention, in[0], in[1], in[2])}
	case *archpb.Step_Activation:
		return []rows{each(x, func(v float64) float64 { return refActivation(op.Activation.Function, v) })}
	case *archpb.Step_Scale:
		return []rows{each(x, func(v float64) float64 { return v * op.Scale.By })}
	case *archpb.Step_Softcap:
		return []rows{each(x, func(v float64) float64 { return op.Softcap.Cap * math.Tanh(v/op.Softcap.Cap) })}
	case *archpb.Step_Combine:
		return []rows{refCombine(op.Combine.Kind, in)}
	case *archpb.Step_Split:
		return refSplit(op.Split, x)
	case *archpb.Step_Join:
		return []rows{refJoin(in)}
	case *archpb.Step_Experts:
		return []rows{r.experts(op.Experts, x)}
	}
	panic(fmt.Sprintf("%T", s.Op))
}

func (r *reference) linear(l *archpb.Linear, x rows) rows {
	w := r.params[paramKey{l.Module.Path, r.expert, false}]
	b := r.params[paramKey{l.Module.Path, r.expert, true}]
	out := zeros(len(x), int(l.Out))
	for t := range x {
		for o := range out[t] {
			for i, v := range x[t] {
				out[t][o] += w[o*int(l.In)+i] * v
			}
			if b != nil {
				out[t][o] += b[o]
			}
		}
	}
	return out
}

func (r *reference) norm(n *archpb.Norm, x rows) rows {
	out := zeros(len(x), len(x[0]))
	width := int(n.Width)
	for t := range x {
		for first := 0; first < len(x[t]); first += width {
			v := slices.Clone(x[t][first : first+width])
			if n.Kind == archpb.Norm_KIND_LAYER {
				mean := 0.0
				for _, a := range v {
					mean += a / float64(width)
				}
				for i := range v {
					v[i] -= mean
				}
			}
			square := 0.0
			for _, a := range v {
				square += a * a / float64(width)
			}
			for i, a := range v {
				y, entry := a/math.Sqrt(square+n.Eps), i
				if n.Groups != 0 {
					entry = first + i
				}
				if n.Module != nil {
					y *= r.params[paramKey{n.Module.Path, r.expert, false}][entry] + n.Offset
					if n.Module.Bias {
						y += r.params[paramKey{n.Module.Path, r.expert, true}][entry]
					}
				}
				out[t][first+i] = y
			}
		}
	}
	return out
}

func (r *reference) experts(e *archpb.Experts, x rows) rows {
	logits := r.linear(e.Router, x)
	out := zeros(len(x), 0)
	for t := range x {
		p := refSoftmax(logits[t])
		order := make([]int, len(p))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int {
			switch {
			case p[a] > p[b]:
				return -1
			case p[a] < p[b]:
				return 1
			}
			return 0
		})
		chosen, sum := order[:e.TopK], 0.0
		for _, i := range chosen {
			sum += p[i]
		}
		for _, i := range chosen {
			body := &reference{params: r.params, expert: i, values: map[string]rows{"x": {x[t]}}, last: rows{x[t]}}
			y := body.run(e.Body)[0]
			weight := p[i]
			if e.Renormalize {
				weight /= sum
			}
			if len(out[t]) == 0 {
				out[t] = make([]float64, len(y))
			}
			for j, v := range y {
				out[t][j] += weight * v
			}
		}
	}
	return out
}

func refRope(s *archpb.Rope, x rows) rows {
	f := s.Frequencies
	if s.Longer != nil && len(x) > int(s.Longer.Above) {
		f = s.Longer.Frequencies
	}
	inv, n := f.InvFreq, len(f.InvFreq)
	if d := s.DynamicNtk; d != nil && len(x) > int(d.OriginalLength) {
		inv = make([]float64, n)
		theta := d.Theta * math.Pow(d.Factor*float64(len(x))/float64(d.OriginalLength)-d.Factor+1, float64(n)/float64(n-1))
		for i := range inv {
			inv[i] = math.Pow(theta, -float64(i)/float64(n))
		}
	}
	magnitude := f.Magnitude
	if magnitude == 0 {
		magnitude = 1
	}
	out := zeros(len(x), 0)
	for t := range x {
		out[t] = slices.Clone(x[t])
		for head := 0; head < len(x[t]); head += int(s.HeadDim) {
			for i := range n {
				a, b := head+i, head+i+n
				if s.Interleaved {
					a, b = head+2*i, head+2*i+1
				}
				sin, cos := math.Sincos(float64(t) * inv[i])
				out[t][a] = magnitude * (x[t][a]*cos - x[t][b]*sin)
				out[t][b] = magnitude * (x[t][b]*cos + x[t][a]*sin)
			}
		}
	}
	return out
}

func refAttention(s *archpb.Attention, q, k, v rows) rows {
	heads, dim := int(s.Heads), int(s.HeadDim)
	out := zeros(len(q), heads*dim)
	for h := range heads {
		key := h / (heads / int(s.KvHeads)) * dim
		for i := range q {
			first := 0
			if s.Window > 0 {
				first = max(0, i-int(s.Window)+1)
			}
			var scores []float64
			for j := first; j <= i; j++ {
				score := 0.0
				for d := range dim {
					score += q[i][h*dim+d] * k[j][key+d]
				}
				score *= s.Scale
				if s.Softcap != 0 {
					score = s.Softcap * math.Tanh(score/s.Softcap)
				}
				if len(s.AlibiSlopes) > 0 {
					score -= s.AlibiSlopes[h] * float64(i-j)
				}
				scores = append(scores, score)
			}
			for j, p := range refSoftmax(scores) {
				for d := range dim {
					out[i][h*dim+d] += p * v[first+j][key+d]
				}
			}
		}
	}
	return out
}

func refActivation(f archpb.Activation_Function, x float64) float64 {
	switch f {
	case archpb.Activation_FUNCTION_SILU:
		return x / (1 + math.Exp(-x))
	case archpb.Activation_FUNCTION_GELU:
		return x / 2 * (1 + math.Erf(x/math.Sqrt2))
	case archpb.Activation_FUNCTION_GELU_TANH:
		return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	case archpb.Activation_FUNCTION_RELU:
		return max(x, 0)
	case archpb.Activation_FUNCTION_RELU2:
		return max(x, 0) * max(x, 0)
	case archpb.Activation_FUNCTION_SIGMOID:
		return 1 / (1 + math.Exp(-x))
	case archpb.Activation_FUNCTION_TANH:
		return math.Tanh(x)
	}
	panic(f)
}

func refCombine(kind archpb.Combine_Kind, in []rows) rows {
	width := 0
	for _, x := range in {
		width = max(width, len(x[0]))
	}
	out := zeros(len(in[0]), width)
	for t := range out {
		for c := range out[t] {
			for i, x := range in {
				v := x[t][min(c, len(x[t])-1)]
				switch {
				case i == 0:
					out[t][c] = v
				case kind == archpb.Combine_KIND_ADD:
					out[t][c] += v
				default:
					out[t][c] *= v
				}
			}
		}
	}
	return out
}

func refSplit(s *archpb.Split, x rows) []rows {
	total := 0
	for _, n := range s.Sizes {
		total += int(n)
	}
	out := make([]rows, len(s.Sizes))
	for k := range out {
		out[k] = zeros(len(x), 0)
	}
	for t := range x {
		for group := 0; group < len(x[t]); group += total {
			first := group
			for k, n := range s.Sizes {
				out[k][t] = append(out[k][t], x[t][first:first+int(n)]...)
				first += int(n)
			}
		}
	}
	return out
}

func refJoin(in []rows) rows {
	out := zeros(len(in[0]), 0)
	for t := range out {
		for _, x := range in {
			out[t] = append(out[t], x[t]...)
		}
	}
	return out
}

func refSoftmax(x []float64) []float64 {
	p, most, sum := make([]float64, len(x)), slices.Max(x), 0.0
	for i, v := range x {
		p[i] = math.Exp(v - most)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func each(x rows, f func(float64) float64) rows {
	out := zeros(len(x), len(x[0]))
	for t := range x {
		for i, v := range x[t] {
			out[t][i] = f(v)
		}
	}
	return out
}

func zeros(n, width int) rows {
	out := make(rows, n)
	for t := range out {
		out[t] = make([]float64, width)
	}
	return out
}
