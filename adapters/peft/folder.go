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
	pairs    []*pair // sorted by path
	findings []Finding
}

// pair is the tensors of one module.
type pair struct {
	path      string
	embedding bool
	a, b      *safetensors.Tensor
	base      *safetensors.Tensor
}

// open reads settings and headers. The error is about a file that cannot be read at
// all; the rest is among the findings.
func open(dir string) (*folder, error) {
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
	d.checkPairs()
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
			d.find(Finding{Rule: RuleKey, Module: t.Name, Found: "this tensor", Expected: "LoRA weights alone: " + why})
			continue
		}
		p := pairs[k.path]
		if p == nil {
			p = &pair{path: k.path}
			pairs[k.path] = p
			d.pairs = append(d.pairs, p)
		}
		if k.part == partBase {
			p.base = &t
			continue
		}
		if (p.a != nil || p.b != nil) && p.embedding != k.embedding {
			d.find(Finding{Rule: RuleKind, Module: k.path, Found: "a linear map's weights and an embedding's", Expected: "one of the two"})
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
func (d *folder) checkPairs() {
	kept := d.pairs[:0]
	for _, p := range d.pairs {
		if d.checkPair(p) {
			kept = append(kept, p)
		}
	}
	d.pairs = kept
	if len(kept) == 0 {
		d.find(Finding{Rule: RuleKey, Found: "no LoRA weights", Expected: "names like " + keyPrefix + "model.layers.0.mlp.up_proj" + linearA})
	}
}

func (d *folder) checkPair(p *pair) bool {
	switch {
	case p.a == nil && p.b == nil:
		d.find(Finding{Rule: RuleKey, Module: p.path, Found: "the base's own weight", Expected: "LoRA weights beside it"})
		return false
	case p.a == nil:
		d.find(Finding{Rule: RulePair, Module: p.path, Found: "B without A", Expected: "both"})
		return false
	case p.b == nil:
		d.find(Finding{Rule: RulePair, Module: p.path, Found: "A without B", Expected: "both"})
		return false
	}
	for _, t := range []*safetensors.Tensor{p.a, p.b, p.base} {
		if t != nil && !slices.Contains([]string{"F16", "BF16", "F32", "F64"}, t.DType) {
			d.find(Finding{Rule: RuleType, Module: t.Name, Found: t.DType, Expected: "F16, BF16 or F32"})
			return false
		}
	}
	rank := d.config.rankOf(p.path)
	if len(p.a.Shape) != 2 || len(p.b.Shape) != 2 || p.a.Shape[0] != rank || p.b.Shape[1] != rank || p.a.Shape[1] < 1 || p.b.Shape[0] < 1 {
		d.find(Finding{Rule: RuleShape, Module: p.path, Found: fmt.Sprintf("A %v and B %v", p.a.Shape, p.b.Shape),
			Expected: fmt.Sprintf("A [%d, in] and B [out, %d], because the config gives it rank %d", rank, rank, rank)})
		return false
	}
	if p.base != nil && !slices.Equal(p.base.Shape, p.weightShape()) {
		d.find(Finding{Rule: RuleShape, Module: p.base.Name, Found: fmt.Sprint(p.base.Shape),
			Expected: fmt.Sprintf("%v, because A is %v and B %v", p.weightShape(), p.a.Shape, p.b.Shape)})
		return false
	}
	if t := d.config.targets; !t.include.present || !t.match(p.path, !p.embedding) {
		d.find(Finding{Rule: RuleTarget, Module: p.path, Found: "weights", Expected: "the module among target_modules: PEFT would ignore them"})
	}
	return true
}

// weightShape is the shape of the weight that the pair changes.
func (p *pair) weightShape() []int {
	if p.embedding {
		return []int{p.a.Shape[1], p.b.Shape[0]}
	}
	return []int{p.b.Shape[0], p.a.Shape[1]}
}
