package archtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

var (
	pluginName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	semantic   = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)
)

// checkInfo wants a name, a version and something to describe.
func checkInfo(target Target) []error {
	info, err := target.info()
	if err != nil {
		return []error{fmt.Errorf("info: %w", err)}
	}
	var problems []error
	if !pluginName.MatchString(info.Name) {
		problems = append(problems, fmt.Errorf("info: name %q, expected lower-case letters, digits, '-' and '_'", info.Name))
	}
	if want := "nugget-arch-" + info.Name; target.file != "" && strings.TrimSuffix(target.file, ".exe") != want {
		problems = append(problems, fmt.Errorf("info: the program %s says that its name is %q, expected it to be called %s", target.file, info.Name, want))
	}
	if !semantic.MatchString(info.Version) {
		problems = append(problems, fmt.Errorf("info: version %q, expected a semantic one as 1.2.3", info.Version))
	}
	if len(info.ModelTypes)+len(info.GgufArchitectures) == 0 {
		problems = append(problems, fmt.Errorf("info: neither a model_type nor a GGUF architecture"))
	}
	for _, list := range [][]string{info.ModelTypes, info.GgufArchitectures} {
		for i, name := range list {
			if name == "" || slices.Contains(list[:i], name) {
				problems = append(problems, fmt.Errorf("info: model type %q is empty or there twice", name))
			}
		}
	}
	return problems
}

// checkModelType wants the checkpoint to be one that the host would ask about.
func checkModelType(target Target, c Checkpoint) []error {
	info, err := target.info()
	if err != nil {
		return nil // checkInfo says so
	}
	var config map[string]any
	if err := json.Unmarshal(c.Config, &config); err != nil {
		return []error{fmt.Errorf("the test's own configuration: %w", err)}
	}
	key, known := "model_type", info.ModelTypes
	if c.GGUF {
		key, known = "general.architecture", info.GgufArchitectures
	}
	if name, _ := config[key].(string); !slices.Contains(known, name) {
		return []error{fmt.Errorf("%s is %q, but the plugin says that it describes %q", key, name, known)}
	}
	return nil
}

// checkArchitecture checks what the host takes for PEFT's needs and against the
// tensors' entries.
func checkArchitecture(a *arch.Architecture, c Checkpoint) []error {
	return append(checkNames(a), checkParameters(a, c)...)
}

// checkNames wants the last names of modules with and without an adapter to differ:
// with them PEFT's target_modules are commonly written ("q_proj", "down_proj").
func checkNames(a *arch.Architecture) []error {
	const adapted, bare = 1, 2
	kinds, first := make(map[string]int), make(map[string]string)
	var problems []error
	for _, m := range a.Modules {
		kind := adapted
		if m.Kind == arch.Norm || m.Role == archpb.Role_ROLE_ROUTER {
			kind = bare
		}
		name := m.Path[strings.LastIndexByte(m.Path, '.')+1:]
		if kinds[name] == 0 {
			kinds[name], first[name] = kind, m.Path
		} else if kinds[name] != kind {
			kinds[name] = kind
			problems = append(problems, fmt.Errorf("modules %s and %s end in %q, but only one of them may have an adapter", first[name], m.Path, name))
		}
	}
	return problems
}

// checkParameters compares the description's parameters with the tensors' entries.
func checkParameters(a *arch.Architecture, c Checkpoint) []error {
	unused := make(map[string]bool)
	for _, t := range c.Tensors {
		unused[t.Name] = true
	}
	for _, m := range a.Modules {
		delete(unused, m.Weight.Name)
		if m.Bias != nil {
			delete(unused, m.Bias.Name)
		}
	}
	var sum int64
	for _, t := range c.Tensors {
		if !unused[t.Name] {
			sum += entries(t)
		}
	}
	var problems []error
	if n := a.Parameters(); n != sum {
		problems = append(problems, fmt.Errorf("%d parameters, but the tensors that are used have %d entries", n, sum))
	}
	if n := a.Parameters(); c.Parameters != 0 && n != c.Parameters {
		problems = append(problems, fmt.Errorf("%d parameters, expected %d", n, c.Parameters))
	}
	return problems
}

func entries(t arch.TensorHeader) int64 {
	n := int64(1)
	for _, d := range t.Shape {
		n *= int64(d)
	}
	return n
}

func sorted(tensors []arch.TensorHeader) []arch.TensorHeader {
	return slices.SortedFunc(slices.Values(tensors), func(a, b arch.TensorHeader) int { return cmp.Compare(a.Name, b.Name) })
}
