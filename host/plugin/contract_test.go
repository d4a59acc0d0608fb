//go:build unix

package plugin

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// A plugin that is older than the host is told what its contract lacks, and a newer
// one what the host's does.
func TestOtherContractsAreNamed(t *testing.T) {
	tomorrow := contract{minor: 3, added: func(since uint32) []string {
		return []string{"1.1: steps for convolutions", "1.2: sinks", "1.3: experts that all share"}[since:]
	}}
	for _, c := range []struct {
		name, want, hint string
	}{
		{"older", `model: plugin nugget-arch-older: layer 2 runs block 7 of 1 (the plugin speaks contract 1.0, nugget 1.3)`,
			"updating the plugin may help: it is older than nugget, and cannot use what came since (1.1: steps for convolutions; 1.2: sinks; 1.3: experts that all share)"},
		{"older-plain", "", ""},
		{"newer", `model: plugin nugget-arch-newer: the description uses a step of kind "convolution", which contract ` + arch.ContractVersion(arch.ContractMinor) + ` does not have (the plugin speaks contract 1.99, nugget 1.3)`,
			"the plugin was made for a newer nugget: update nugget"},
		{"newer-wrong", `model: plugin nugget-arch-newer-wrong: layer 2 runs block 7 of 1 (the plugin speaks contract 1.99, nugget 1.3)`,
			"updating nugget may help: it is older than the plugin"},
		{"newer-plain", "", ""},
		{"exit-describe", "ended while it was asked to Describe", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := New(Options{Binaries: []string{filepath.Join(pluginFolder(t, c.name), prefix+c.name)}})
			defer set.Close()
			set.speaks = tomorrow
			_, err := set.describe(t.Context(), wanted(c.name), request())
			switch {
			case c.want == "":
				if err != nil {
					t.Error(err)
				}
			case err == nil || !strings.Contains(err.Error(), c.want) || c.hint != "" && hint.Of(err) != c.hint:
				t.Errorf("got\n%v\n%s\nwant\n%s\n%s", err, hint.Of(err), c.want, c.hint)
			}
		})
	}
}
