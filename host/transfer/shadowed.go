package transfer

import (
	"fmt"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// dropShadowed leaves out the student's maps outside experts whose last name experts'
// maps have, too. Transformers 5 fuses the experts, and PEFT (0.19 to 0.21,
// transformers_weight_conversion.py) takes every target of such a name for the fused
// parameter, wherever it is: the keys of the others would find no place.
func (p *plan) dropShadowed() {
	experts := make(map[string]bool)
	for _, m := range p.student.Arch.Modules {
		if m.Expert >= 0 && m.Kind == arch.Linear {
			experts[lastName(m.Path)] = true
		}
	}
	var order []string
	dropped := make(map[string][]string)
	for k, targets := range p.targets {
		var kept []target
		for _, t := range targets {
			name := lastName(t.module.Path)
			if t.module.Expert >= 0 || !experts[name] {
				kept = append(kept, t)
				continue
			}
			if dropped[name] == nil {
				order = append(order, name)
			}
			dropped[name] = append(dropped[name], t.module.Path)
		}
		p.targets[k] = kept
	}
	for _, name := range order {
		line := dropped[name][0]
		if n := len(dropped[name]); n > 1 {
			line = fmt.Sprintf("%s and %d more", line, n-1)
		}
		p.leaveOut(line, "PEFT takes the name "+name+" for the experts'")
	}
}

func lastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
