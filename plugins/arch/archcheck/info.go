package archcheck

import (
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

// ValidName reports whether a plugin can have that name.
func ValidName(name string) bool { return pluginName.MatchString(name) }

// Info wants a name, a version and something to describe.
func Info(target Target) Result {
	r := Result{Check: "info"}
	info, err := target.Info()
	if err != nil {
		r.add(Problem{Found: told(err), Expected: "name, version and model types"})
		return r
	}
	r.Detail = introduce(info)
	if !ValidName(info.Name) {
		r.add(Problem{Subject: "name", Found: quoted(info.Name), Expected: "lower-case letters, digits, '-' and '_'"})
	}
	if file := strings.TrimSuffix(target.File, ".exe"); target.File != "" && file != "nugget-arch-"+info.Name {
		r.add(Problem{Subject: "name", Found: quoted(info.Name) + " of a program called " + file,
			Expected: "a program called nugget-arch-" + info.Name + ": nugget finds no other"})
	}
	if !semantic.MatchString(info.Version) {
		r.add(Problem{Subject: "version", Found: quoted(info.Version), Expected: "a semantic one as 1.2.3"})
	}
	if len(info.ModelTypes)+len(info.GgufArchitectures) == 0 {
		r.add(Problem{Subject: "model types", Found: "none, and no GGUF architecture", Expected: "those that the plugin describes"})
	}
	for _, list := range [][]string{info.ModelTypes, info.GgufArchitectures} {
		for i, name := range list {
			if name == "" || slices.Contains(list[:i], name) {
				r.add(Problem{Subject: "model types", Found: quoted(name) + " empty or twice", Expected: "each once, and no empty one"})
			}
		}
	}
	r.add(contract(info.ContractMinor, arch.ContractMinor, arch.Added(info.ContractMinor))...)
	return r
}

// introduce is who the plugin is, in a line.
func introduce(info *archpb.InfoResponse) string {
	text := fmt.Sprintf("%s %s, contract %s", info.Name, info.Version, arch.ContractVersion(info.ContractMinor))
	if len(info.ModelTypes) > 0 {
		text += "; model types: " + strings.Join(info.ModelTypes, ", ")
	}
	if len(info.GgufArchitectures) > 0 {
		text += "; GGUF architectures: " + strings.Join(info.GgufArchitectures, ", ")
	}
	return text
}

// contract says what a plugin of another minor contract lacks, or the host.
func contract(plugin, host uint32, added []string) []Problem {
	switch {
	case plugin > host:
		return []Problem{{Subject: "contract", Note: true, Found: arch.ContractVersion(plugin),
			Expected: "at most " + arch.ContractVersion(host) + ", this nugget's: it refuses descriptions that use what is newer"}}
	case plugin < host:
		return []Problem{{Subject: "contract", Note: true, Found: arch.ContractVersion(plugin),
			Expected: fmt.Sprintf("%s, this nugget's; the plugin cannot use what came since (%s)", arch.ContractVersion(host), strings.Join(added, "; "))}}
	}
	return nil
}

// checkModelType wants the checkpoint to be one that the host would ask about.
func checkModelType(target Target, c Checkpoint) Result {
	r := Result{Check: "model type", About: c.Name}
	info, err := target.Info()
	if err != nil {
		return r // Info says so
	}
	var config map[string]any
	if err := json.Unmarshal(c.Config, &config); err != nil {
		r.add(unreadable(err))
		return r
	}
	key, known := "model_type", info.ModelTypes
	if c.GGUF {
		key, known = "general.architecture", info.GgufArchitectures
	}
	name, _ := config[key].(string)
	if !slices.Contains(known, name) {
		r.add(Problem{Subject: key, Found: quoted(name), Expected: fmt.Sprintf("one that the plugin says it describes: %q", known)})
	}
	r.Detail = name
	return r
}

// unreadable is about a checkpoint that is none.
func unreadable(err error) Problem {
	return Problem{Subject: "the checkpoint's configuration", Found: err.Error(), Expected: "a JSON object"}
}

func quoted(text string) string { return fmt.Sprintf("%q", text) }
