package peft

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
)

// folder is an adapter on disk: its settings, its tensors' headers, and what of
// them PEFT would not apply, or this package cannot.
type folder struct {
	dir      string
	config   *config
	file     *safetensors.File
	pairs    []*pair         // sorted by path
	seen     map[string]bool // the paths of all pairs, broken ones too
	others   []key           // what PEFT puts elsewhere than into LoRA's factors
	fusedB   fused
	findings []Finding
}

// open reads settings and headers. paths are those of the base's modules, as far as they
// are known: PEFT saves trained experts together, and they are taken apart by the paths.
// The error is about a file that cannot be read at all; the rest is among the findings.
func open(dir string, paths []string) (*folder, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, hint.With(fmt.Errorf("%s: is a file, expected an adapter's folder", dir), "an adapter's folder has "+ConfigFile+" and "+WeightsFile)
	}
	d := &folder{dir: dir}
	d.config, err = readConfig(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, d.noConfig(err)
	}
	if err != nil {
		return nil, err
	}
	d.file, err = safetensors.Open(filepath.Join(dir, WeightsFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, pickled := os.Stat(filepath.Join(dir, "adapter_model.bin")); pickled == nil {
			err = hint.With(fmt.Errorf("%s: has adapter_model.bin, which is a pickle and not read; expected %s", dir, WeightsFile),
				"PEFT 0.6 or later writes it: PeftModel.from_pretrained(base, old).save_pretrained(new)")
		}
	}
	if err != nil {
		return nil, err
	}
	d.findings = slices.Clone(d.config.findings)
	d.sort()
	d.checkPairs(paths)
	return d, nil
}

// noConfig tells apart the folders that are no adapter's.
func (d *folder) noConfig(err error) error {
	for _, sub := range []string{"init", "negative"} {
		if _, missing := os.Stat(filepath.Join(d.dir, sub, ConfigFile)); missing == nil {
			return hint.With(fmt.Errorf("%s: has no %s of its own", d.dir, ConfigFile),
				"it is a transfer in the paper's form: name "+filepath.Join(d.dir, "init")+" or "+filepath.Join(d.dir, "negative"))
		}
	}
	return hint.With(err, "an adapter's folder has "+ConfigFile+" and "+WeightsFile)
}

func (d *folder) close() { d.file.Close() }

func (d *folder) find(f Finding) { d.findings = append(d.findings, f) }

// sort takes the tensors to their modules.
func (d *folder) sort() {
	pairs := make(map[string]*pair)
	for _, t := range d.file.Tensors() {
		k, why := parseKey(t.Name)
		if why != "" {
			d.find(Finding{Rule: RuleKey, Module: t.Name, Found: "this tensor", Expected: "LoRA weights alone: " + why, PEFT: Ignored})
			continue
		}
		if k.named {
			d.find(Finding{Rule: RulePortable, Module: t.Name, Found: "an adapter's name in it, default", Warning: true, PEFT: Applied,
				Expected: "none: PEFT before 0.21 and others ignore or refuse it"})
		}
		if k.part >= partOther {
			d.others = append(d.others, k)
			d.checkOther(k)
			continue
		}
		p := pairs[k.path]
		if p == nil {
			p = &pair{path: k.path, setting: k.path}
			pairs[k.path] = p
			d.pairs = append(d.pairs, p)
		}
		if k.part == partBase {
			p.base = &t
			continue
		}
		if (p.a != nil || p.b != nil) && p.embedding != k.embedding {
			d.find(Finding{Rule: RuleKind, Module: k.path, Found: "a linear map's weights and an embedding's", Expected: "one of the two", PEFT: Ignored})
			continue
		}
		p.embedding = k.embedding
		if k.part == partA {
			p.a = &t
		} else {
			p.b = &t
		}
	}
	slices.SortFunc(d.pairs, func(a, b *pair) int { return strings.Compare(a.path, b.path) })
}

// checkPairs keeps the pairs that are whole and fit together.
func (d *folder) checkPairs(paths []string) {
	keep := func(check func(*pair) bool) {
		d.pairs = slices.DeleteFunc(d.pairs, func(p *pair) bool { return !check(p) })
	}
	none := len(d.pairs) == 0
	d.seen = make(map[string]bool)
	for _, p := range d.pairs {
		d.seen[p.path] = true
	}
	keep(d.whole)
	d.unfuse(paths)
	keep(d.checkPair)
	if none {
		d.find(Finding{Rule: RuleKey, Found: "no LoRA weights", Expected: "names like " + keyPrefix + "model.layers.0.mlp.up_proj" + linearA, PEFT: Ignored})
	}
}

// whole wants A and B, of types that are read.
func (d *folder) whole(p *pair) bool {
	fail := func(rule, module, found, expected string, effect Effect) bool {
		d.find(Finding{Rule: rule, Module: module, Found: found, Expected: expected, PEFT: effect, Unsupported: effect == Applied})
		return false
	}
	switch {
	case p.a == nil && p.b == nil:
		return fail(RuleKey, p.path, "the base's own weight", "LoRA weights beside it", Ignored)
	case p.a == nil:
		return fail(RulePair, p.path, "B without A", "both", Ignored)
	case p.b == nil:
		return fail(RulePair, p.path, "A without B", "both", Ignored)
	}
	for _, t := range []*safetensors.Tensor{p.a, p.b, p.base} {
		if t != nil && !floats(t.DType) {
			return fail(RuleType, t.Name, t.DType, "F16, BF16 or F32", Applied) // PEFT casts it
		}
	}
	return true
}

func (d *folder) checkPair(p *pair) bool {
	if p.cut != nil {
		return true
	}
	if fusedPaths.MatchString(p.path) {
		d.find(Finding{Rule: RuleExperts, Module: p.path, Found: "the experts of a layer in one", PEFT: Applied, Unsupported: true,
			Expected: "maps of single experts: here the model's are not known"})
		return false
	}
	rank := d.config.rankOf(p.setting)
	if len(p.a.Shape) != 2 || len(p.b.Shape) != 2 || p.a.Shape[0] != rank || p.b.Shape[1] != rank || p.a.Shape[1] < 1 || p.b.Shape[0] < 1 {
		d.find(Finding{Rule: RuleShape, Module: p.path, Found: fmt.Sprintf("A %v and B %v", p.a.Shape, p.b.Shape), PEFT: Refused,
			Expected: fmt.Sprintf("A [%d, in] and B [out, %d], because the config gives it rank %d", rank, rank, rank)})
		return false
	}
	p.rank, p.in, p.out = rank, p.a.Shape[1], p.b.Shape[0]
	if p.base != nil && !slices.Equal(p.base.Shape, p.weightShape()) {
		d.find(Finding{Rule: RuleShape, Module: p.base.Name, Found: fmt.Sprint(p.base.Shape), PEFT: Refused,
			Expected: fmt.Sprintf("%v, because A is %v and B %v", p.weightShape(), p.a.Shape, p.b.Shape)})
		return false
	}
	if t := d.config.targets; t.include.present && !t.match(p.setting, !p.embedding) {
		d.find(Finding{Rule: RuleTarget, Module: p.path, Found: "weights", Expected: "the module among target_modules: PEFT would ignore them", PEFT: Ignored})
	}
	return true
}
