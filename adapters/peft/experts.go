package peft

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Transformers 5 holds the experts of a layer in two parameters, gate_up_proj
// [experts, 2 ffn, in] and down_proj [experts, in, ffn], though on disk each expert has
// maps of its own. PEFT (0.19 to 0.21, utils/transformers_weight_conversion.py) takes
// adapters of the single maps, and saves those of the parameters (tuners/lora/layer.py,
// ParamWrapper): A [experts rank, in] expert by expert, B [out, rank experts] with the
// experts innermost. As gate_up_proj is wrapped first, it has the name of the experts
// and .base_layer behind, unless it is alone.

// The parameters, as target_parameters names them.
const (
	gateUpParameter = "gate_up_proj"
	downParameter   = "down_proj"
)

// cut says which part of a parameter's factors a pair is.
type cut struct {
	expert, experts int
	first           int // row of the expert's B
}

// expertPath is what the path of an expert's map says.
type expertPath struct {
	layer, expert int
	part          string // "gate", "up" or "down"
}

var expertPaths = regexp.MustCompile(`\.layers\.(\d+)\..*\bexperts\.(\d+)\.(w[123]|gate_proj|up_proj|down_proj)$`)

// parseExpert takes a path apart; ok says that it is that of an expert's map which
// transformers 5 fuses.
func parseExpert(path string) (e expertPath, ok bool) {
	m := expertPaths.FindStringSubmatch(path)
	if m == nil {
		return e, false
	}
	e.layer, _ = strconv.Atoi(m[1])
	e.expert, _ = strconv.Atoi(m[2])
	e.part = map[string]string{
		"w1": "gate", "w3": "up", "w2": "down", "gate_proj": "gate", "up_proj": "up", "down_proj": "down",
	}[m[3]]
	return e, true
}

var fusedPaths = regexp.MustCompile(`\.layers\.(\d+)\..*\bexperts(\.base_layer)?$`)

// unfuse replaces pairs of parameters by those of the maps on disk, whose paths are
// given.
func (d *folder) unfuse(paths []string) {
	maps := make(map[expertPath]string)
	for _, path := range paths {
		if e, ok := parseExpert(path); ok {
			maps[e] = path
		}
	}
	if len(maps) == 0 {
		return
	}
	var all []*pair
	for _, p := range d.pairs {
		m := fusedPaths.FindStringSubmatch(p.path)
		if m == nil {
			d.rename(p, maps)
			all = append(all, p)
			continue
		}
		layer, _ := strconv.Atoi(m[1])
		all = append(all, d.unfuseOne(p, d.parameterOf(p.path, m[2] != ""), layer, maps)...)
	}
	slices.SortFunc(all, func(a, b *pair) int { return strings.Compare(a.path, b.path) })
	d.pairs = all
}

// rename gives an expert's map the name that it has on disk. PEFT knows those that
// transformers 5 has for it, too: mlp.experts for Mixtral's block_sparse_moe.experts.
func (d *folder) rename(p *pair, maps map[expertPath]string) {
	if e, ok := parseExpert(p.path); ok && maps[e] != "" && lastName(maps[e]) == lastName(p.path) {
		p.path = maps[e]
	}
}

// parameterOf is the parameter of a fused pair.
func (d *folder) parameterOf(path string, inner bool) string {
	if inner {
		return gateUpParameter
	}
	both := slices.ContainsFunc(d.pairs, func(p *pair) bool { return p.path == path+".base_layer" })
	if !both && d.config.targetsParameter(path, gateUpParameter) && !d.config.targetsParameter(path, downParameter) {
		return gateUpParameter
	}
	return downParameter
}

// targetsParameter reports whether target_parameters has a parameter of experts.
func (c *config) targetsParameter(path, name string) bool {
	full := strings.TrimSuffix(path, ".base_layer") + "." + name
	return slices.ContainsFunc(c.parameters, func(t string) bool { return full == t || strings.HasSuffix(full, "."+t) })
}

// unfuseOne cuts one pair. Of a fused gate and up A is in both.
func (d *folder) unfuseOne(p *pair, parameter string, layer int, maps map[expertPath]string) []*pair {
	full := strings.TrimSuffix(p.path, ".base_layer") + "." + parameter
	rank := d.config.rankOf(full)
	fail := func(found, expected string) []*pair {
		d.find(Finding{Rule: RuleShape, Module: p.path, Found: found, Expected: expected, PEFT: Refused})
		return nil
	}
	if !d.config.targetsParameter(p.path, parameter) {
		d.find(Finding{Rule: RuleTarget, Module: p.path, Found: "weights", Expected: full + " among target_parameters: PEFT would ignore them", PEFT: Ignored})
		return nil
	}
	parts := []string{"down"}
	if parameter == gateUpParameter {
		parts = []string{"gate", "up"}
	}
	if len(p.a.Shape) != 2 || len(p.b.Shape) != 2 || p.a.Shape[0] != p.b.Shape[1] || p.a.Shape[0]%rank != 0 || p.b.Shape[0]%len(parts) != 0 || p.a.Shape[0] == 0 {
		return fail(fmt.Sprintf("A %v and B %v", p.a.Shape, p.b.Shape),
			fmt.Sprintf("A [experts %d, in] and B [out, experts %d], because the config gives %s rank %d", rank, rank, full, rank))
	}
	experts, out := p.a.Shape[0]/rank, p.b.Shape[0]/len(parts)
	var all []*pair
	for e := range experts {
		for i, part := range parts {
			path, ok := maps[expertPath{layer, e, part}]
			if !ok {
				d.find(Finding{Rule: RuleUnknown, Module: p.path, PEFT: Refused, Found: fmt.Sprintf("weights for %d experts", experts),
					Expected: fmt.Sprintf("those of the model, which has no %s of expert %d in layer %d", part, e, layer)})
				return nil
			}
			all = append(all, &pair{path: path, setting: full, a: p.a, b: p.b, cut: &cut{e, experts, i * out}, rank: rank, in: p.a.Shape[1], out: out})
		}
	}
	return all
}

// cutFactors reads one expert's part. A parameter's B is kept until another's is read.
func (d *folder) cutFactors(p *pair, a, b []float32) error {
	if err := d.file.ReadFloat32(p.a.Name, p.cut.expert*p.rank*p.in, a); err != nil {
		return err
	}
	if i := notFinite(a); i >= 0 {
		at := p.cut.expert*p.rank*p.in + i
		return &findingError{path: d.file.Path(), Finding: notFiniteFinding(p.a.Name, a[i], at, p.a.Shape)}
	}
	if d.fusedB.name != p.b.Name {
		d.fusedB.name, d.fusedB.values = "", make([]float32, p.b.Shape[0]*p.b.Shape[1])
		if err := d.values(p.b, d.fusedB.values); err != nil {
			return err
		}
		d.fusedB.name = p.b.Name
	}
	width := p.rank * p.cut.experts
	for o := range p.out {
		row := d.fusedB.values[(p.cut.first+o)*width:]
		for k := range p.rank {
			b[o*p.rank+k] = row[k*p.cut.experts+p.cut.expert]
		}
	}
	return nil
}

// fused is a parameter's B in memory.
type fused struct {
	name   string
	values []float32
}

// decodeParameters reads target_parameters. Those of experts are known.
func (c *config) decodeParameters(value []byte) error {
	if err := decode(value, &c.parameters); err != nil {
		return err
	}
	for _, name := range c.parameters {
		if last := name[strings.LastIndexByte(name, '.')+1:]; last != gateUpParameter && last != downParameter {
			c.find(Finding{Rule: RuleConfig, Module: "target_parameters", Found: name, PEFT: Applied, Unsupported: true,
				Expected: "experts' gate_up_proj and down_proj: other adapted parameters are not supported"})
		}
	}
	return nil
}
