package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// printInspection prints a described model for people.
func (a *app) printInspection(r *inspection) error {
	rows := [][]string{
		{"model", fmt.Sprintf("%s (%s, %s)", r.Path, r.Format, r.ModelType)},
		{"family", fmt.Sprintf("%s, described by %s %s (%s)", r.Family, r.Plugin.Name, r.Plugin.Version, r.Plugin.Path)},
		{"parameters", grouped(r.Parameters)},
		{"layers", strconv.Itoa(r.Layers)},
		{"hidden", strconv.Itoa(r.Hidden)},
		{"vocabulary", strconv.Itoa(r.Vocab)},
	}
	if r.MaxPositions > 0 {
		rows = append(rows, []string{"context", strconv.Itoa(r.MaxPositions)})
	}
	for _, at := range r.Attention {
		rows = append(rows, []string{"attention", at.String(r.Layers)})
	}
	rows = append(rows,
		[]string{"dtypes", r.dtypes()},
		[]string{"on disk", bytesize(uint64(r.Bytes))},
		[]string{"tokenizer", r.Tokenizer.String()},
		[]string{"chat template", r.Template.String()})
	for i, n := range r.Memory {
		title := ""
		if i == 0 {
			title = "memory"
		}
		rows = append(rows, []string{title, strings.Join(n.Commands, ", ") + ": " + n.String()})
	}
	rows = append(rows, []string{"", fmt.Sprintf("(go backend, samples of %d tokens; xla takes some 200 MiB more)", needTokens)})
	if err := a.stdout.columns(rows); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	return a.stdout.columns(moduleTable(r.Modules))
}

// dtypes counts the tensors of each.
func (r *inspection) dtypes() string {
	var dtypes []string
	for _, t := range slices.Sorted(maps.Keys(r.DTypes)) {
		dtypes = append(dtypes, fmt.Sprintf("%s (%s)", t, plural(r.DTypes[t], "tensor")))
	}
	return strings.Join(dtypes, ", ")
}

// String describes an attention; layers is how many the model has.
func (at attention) String(layers int) string {
	s := fmt.Sprintf("%s of %d", plural(at.Heads, "head"), at.HeadDim)
	if at.KVHeads != at.Heads {
		s = fmt.Sprintf("%s and %s of %d", plural(at.Heads, "query head"), plural(at.KVHeads, "key/value head"), at.HeadDim)
	}
	if at.Window > 0 {
		s += fmt.Sprintf(", the last %s seen", plural(at.Window, "token"))
	}
	if at.Layers != layers {
		s += fmt.Sprintf(" (%s)", plural(at.Layers, "layer"))
	}
	return s
}

// moduleTable shows modules that differ only in their layer, or expert, as one.
func moduleTable(modules []moduleRow) [][]string {
	type group struct {
		row     []string
		layers  []int
		experts []int
	}
	var groups []*group
	byKey := map[string]*group{}
	for _, m := range modules {
		layer, expert := -1, -1
		if m.Layer != nil {
			layer = *m.Layer
		}
		if m.Expert != nil {
			expert = *m.Expert
		}
		row := []string{
			replaceIndex(replaceIndex(m.Path, layer, "{layer}"), expert, "{expert}"), m.Role,
			strings.Trim(strings.ReplaceAll(fmt.Sprint(m.Shape), " ", " x "), "[]"), m.DType,
			replaceIndex(replaceIndex(m.Tensor, layer, "{layer}"), expert, "{expert}"),
		}
		if m.Bias {
			row[2] += " + bias"
		}
		if m.Parts != nil {
			row[1] += " (" + strings.Join(m.Parts, ", ") + ")"
		}
		if m.TiedTo != "" {
			row[4] += " (tied to " + m.TiedTo + ")"
		}
		key := strings.Join(row, "\x00")
		g := byKey[key]
		if g == nil {
			g = &group{row: row}
			byKey[key] = g
			groups = append(groups, g)
		}
		g.layers, g.experts = append(g.layers, layer), append(g.experts, expert)
	}
	rows := [][]string{{"module", "role", "shape", "dtype", "tensor"}}
	for _, g := range groups {
		for _, column := range []int{0, 4} {
			g.row[column] = strings.ReplaceAll(g.row[column], "{layer}", ranges(g.layers))
			g.row[column] = strings.ReplaceAll(g.row[column], "{expert}", ranges(g.experts))
		}
		rows = append(rows, g.row)
	}
	return rows
}

// replaceIndex puts a placeholder where a name has an index between dots. Only the
// first is it, should another number be the same.
func replaceIndex(name string, index int, placeholder string) string {
	parts := strings.Split(name, ".")
	if i := slices.Index(parts, strconv.Itoa(index)); index >= 0 && i >= 0 {
		parts[i] = placeholder
	}
	return strings.Join(parts, ".")
}

// ranges writes indices as "0-3,5".
func ranges(indices []int) string {
	indices = slices.Compact(slices.Sorted(slices.Values(indices)))
	var parts []string
	for i := 0; i < len(indices); {
		j := i
		for j+1 < len(indices) && indices[j+1] == indices[j]+1 {
			j++
		}
		part := strconv.Itoa(indices[i])
		if j > i {
			part += "-" + strconv.Itoa(indices[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	if len(indices) == 1 {
		return parts[0]
	}
	return "{" + strings.Join(parts, ",") + "}"
}
