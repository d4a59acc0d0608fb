package engine

import "github.com/gomlx/compute"

// inputs gathers a graph's inputs and the first error met on the way.
type inputs struct {
	all, owned []compute.Buffer
	err        error
}

// add takes over a buffer.
func (in *inputs) add(b compute.Buffer, err error) {
	if err != nil {
		if in.err == nil {
			in.err = err
		}
		return
	}
	in.all, in.owned = append(in.all, b), append(in.owned, b)
}

// borrow uses buffers that stay the caller's.
func (in *inputs) borrow(b ...compute.Buffer) { in.all = append(in.all, b...) }

func (in *inputs) run(d *device, x *executable) ([]compute.Buffer, error) {
	if in.err != nil {
		return nil, in.err
	}
	return d.run(x, in.all)
}

func (in *inputs) free() { free(in.owned...) }
