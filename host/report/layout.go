package report

import (
	"fmt"
	"slices"

	"github.com/neuralnuggets/nugget/host/transfer"
)

// overview is a table of the student's layers and the roles of their modules.
type overview struct {
	Roles []string
	Rows  []overviewRow
}

type overviewRow struct {
	Layer   int
	Teacher int // -1: not known
	ID      string
	Cells   []cell
}

// cell is about the modules of one role in one layer.
type cell struct {
	roleRow
	ID string // of the first
}

func newOverview(t *transfer.Report, modules []module) *overview {
	inside := slices.DeleteFunc(slices.Clone(modules), func(m module) bool { return m.Layer == outside })
	if len(inside) == 0 {
		return nil
	}
	o := &overview{Roles: roles(inside)}
	column := make(map[string]int)
	for i, r := range o.Roles {
		column[r] = i
	}
	for _, g := range groups(t, inside) {
		row := overviewRow{Layer: g.Layer, Teacher: g.Teacher, ID: g.ID, Cells: make([]cell, len(o.Roles))}
		for _, b := range g.Blocks {
			row.Cells[column[b.Role]] = cell{b.roleRow, b.ID}
		}
		o.Rows = append(o.Rows, row)
	}
	return o
}

// group is a layer's modules, or those outside the layers.
type group struct {
	ID      string
	Layer   int
	Teacher int // -1: not known
	Blocks  []block
}

// block is the modules of a role.
type block struct {
	roleRow
	ID   string
	Each []module // nil: they are too many to show, as experts may be
}

// most is how many modules of a role a layer shows one by one.
const most = 16

// groups sorts the modules, each kind in the order it came in.
func groups(t *transfer.Report, modules []module) []group {
	byLayer := make(map[int][]module)
	for _, m := range modules {
		byLayer[m.Layer] = append(byLayer[m.Layer], m)
	}
	var order []int
	for l := range byLayer {
		if l != outside {
			order = append(order, l)
		}
	}
	slices.Sort(order)
	if byLayer[outside] != nil {
		order = append(order, outside)
	}
	var list []group
	for _, l := range order {
		g := group{ID: fmt.Sprintf("layer-%d", l), Layer: l, Teacher: -1}
		if l == outside {
			g.ID = "outside"
		} else if l >= 0 && l < len(t.Layers) {
			g.Teacher = t.Layers[l]
		}
		for _, role := range roles(byLayer[l]) {
			own := slices.DeleteFunc(slices.Clone(byLayer[l]), func(m module) bool { return m.Role != role })
			b := block{roleRow: summary(role, own), ID: own[0].ID}
			if len(own) <= most {
				b.Each = own
			}
			g.Blocks = append(g.Blocks, b)
		}
		list = append(list, g)
	}
	return list
}
