package peft

import (
	"strings"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// meant says which of the model's modules a path was probably meant to be: one of a like
// name beside it, or one whose path only begins otherwise.
func meant(path string, model *arch.Architecture) string {
	parent, name := cutLast(path)
	var beside []string
	otherwise := ""
	for _, m := range model.Modules {
		p, n := cutLast(m.Path)
		if p == parent {
			beside = append(beside, n)
		}
		if strings.HasSuffix(m.Path, "."+path) || strings.HasSuffix(path, "."+m.Path) {
			otherwise = m.Path
		}
	}
	if near := hint.Nearest(name, beside); near != "" {
		return "did you mean " + strings.TrimPrefix(parent+"."+near, ".") + "?"
	}
	if otherwise != "" {
		return "the model has " + otherwise + ": the adapter may be of a model of another class"
	}
	return ""
}

func cutLast(path string) (parent, name string) {
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)], path[i+1:]
}
