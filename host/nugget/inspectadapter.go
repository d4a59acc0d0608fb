package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/host/transfer"
)

// adapterInspection is what an adapter's folder holds, as --json prints it. What it means
// for a model is verify's.
type adapterInspection struct {
	Path          string            `json:"path"`
	Form          string            `json:"form"`
	Purpose       string            `json:"purpose,omitempty"`
	BaseModel     string            `json:"base_model"`
	Type          string            `json:"peft_type"`
	Rank          int               `json:"rank"`
	Alpha         float64           `json:"alpha"`
	TargetModules json.RawMessage   `json:"target_modules"`
	Parameters    int               `json:"parameters"`
	Bytes         int64             `json:"bytes"` // of the weights' file
	DTypes        map[string]int    `json:"dtypes"`
	Modules       []adapterModule   `json:"modules"`
	Other         []string          `json:"other"` // tensors that are no factors of LoRA
	Transfer      *transferOfOrigin `json:"transfer,omitempty"`
}

// adapterModule is one module's pair of factors, B [out, r] and A [r, in].
type adapterModule struct {
	Path  string `json:"path"`
	Rank  int    `json:"rank"`
	Out   int    `json:"out"`
	In    int    `json:"in"`
	DType string `json:"dtype"`
}

// transferOfOrigin is what transfer.json says in short.
type transferOfOrigin struct {
	Teacher string                 `json:"teacher"`
	Student string                 `json:"student"`
	Seeds   string                 `json:"seeds"`
	Samples int                    `json:"samples"`
	Layers  []int                  `json:"layers"`
	Options transfer.OptionsReport `json:"options"`
}

// adapterFolders are the adapters in a folder: itself, or the paper's init and negative.
// None: it is no adapter's.
func adapterFolders(dir string) []string {
	if exists(filepath.Join(dir, peft.ConfigFile)) {
		return []string{dir}
	}
	if isPaperFolder(dir) {
		return []string{filepath.Join(dir, formInit), filepath.Join(dir, formNegative)}
	}
	return nil
}

func newAdapterInspection(dir string) (*adapterInspection, error) {
	r := &adapterInspection{Path: dir, DTypes: map[string]int{}, Modules: []adapterModule{}, Other: []string{}}
	o, err := originOf(dir)
	if err != nil {
		return nil, err
	}
	r.Form, r.Purpose = o.form, purposes[o.form]
	if t := o.report; t != nil {
		r.Transfer = &transferOfOrigin{t.Teacher.Path, t.Student.Path, t.Seeds.Path, t.Seeds.Samples, t.Layers, t.Options}
	}
	if err := r.readConfig(filepath.Join(dir, peft.ConfigFile)); err != nil {
		return nil, err
	}
	return r, r.readWeights(filepath.Join(dir, peft.WeightsFile))
}

func (r *adapterInspection) readConfig(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	config := struct {
		Type   string          `json:"peft_type"`
		Base   string          `json:"base_model_name_or_path"`
		Rank   int             `json:"r"`
		Alpha  float64         `json:"lora_alpha"`
		Target json.RawMessage `json:"target_modules"`
	}{Rank: 8, Alpha: 8} // PEFT's defaults
	if err := json.Unmarshal(raw, &config); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	r.Type, r.BaseModel, r.Rank, r.Alpha, r.TargetModules = config.Type, config.Base, config.Rank, config.Alpha, config.Target
	return nil
}

// factorName takes apart the name of a LoRA factor in PEFT's files.
var factorName = regexp.MustCompile(`^base_model\.model\.(.+)\.lora_(embedding_)?([AB])(?:\.weight)?$`)

func (r *adapterInspection) readWeights(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return hint.With(err, "an adapter's weights are in "+peft.WeightsFile+"; nugget reads no pickled ones")
	}
	r.Bytes = info.Size()
	f, err := safetensors.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	byPath := map[string]*adapterModule{}
	for _, t := range f.Tensors() {
		r.Parameters += checkpoint.Entries(t.Shape)
		r.DTypes[t.DType]++
		name := factorName.FindStringSubmatch(t.Name)
		if name == nil || len(t.Shape) != 2 {
			r.Other = append(r.Other, t.Name)
			continue
		}
		m := byPath[name[1]]
		if m == nil {
			m = &adapterModule{Path: name[1]}
			byPath[name[1]] = m
		}
		m.DType = t.DType
		if name[3] == "A" {
			m.Rank, m.In = t.Shape[0], t.Shape[1]
		} else {
			m.Out, m.Rank = t.Shape[0], t.Shape[1]
		}
	}
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		r.Modules = append(r.Modules, *byPath[path])
	}
	return nil
}

func (a *app) inspectAdapters(dirs []string, asJSON bool) error {
	list := make([]*adapterInspection, len(dirs))
	for i, dir := range dirs {
		var err error
		if list[i], err = newAdapterInspection(dir); err != nil {
			return err
		}
	}
	if asJSON {
		if len(list) == 1 {
			return a.stdout.json(list[0])
		}
		return a.stdout.json(map[string]any{formInit: list[0], formNegative: list[1]})
	}
	for i, r := range list {
		if i > 0 {
			fmt.Fprintln(a.stdout)
		}
		if err := a.printAdapter(r); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printAdapter(r *adapterInspection) error {
	rows := [][]string{{"adapter", fmt.Sprintf("%s (PEFT, %s)", r.Path, r.Type)}}
	if r.Purpose != "" {
		rows = append(rows, []string{"is", r.Purpose})
	}
	rows = append(rows,
		[]string{"base model", r.BaseModel},
		[]string{"rank", fmt.Sprintf("%d, alpha %v", r.Rank, r.Alpha)},
		[]string{"modules", grouped(len(r.Modules))},
		[]string{"parameters", fmt.Sprintf("%s (%s)", grouped(r.Parameters), bytesize(uint64(r.Bytes)))})
	if t := r.Transfer; t != nil {
		rows = append(rows,
			[]string{"taken from", fmt.Sprintf("%s, layers %s", t.Teacher, layerList(t.Layers))},
			[]string{"made for", t.Student},
			[]string{"seeds", fmt.Sprintf("%s (%s)", t.Seeds, plural(t.Samples, "sample"))})
	}
	if len(r.Other) > 0 {
		rows = append(rows, []string{"other", fmt.Sprintf("%s that are no LoRA factors: %s", plural(len(r.Other), "tensor"), r.Other[0])})
	}
	if err := a.stdout.columns(rows); err != nil || len(r.Modules) == 0 {
		return err
	}
	fmt.Fprintln(a.stdout)
	return a.stdout.columns(adapterTable(r.Modules))
}

// layerList writes layers short where each comes once.
func layerList(layers []int) string {
	for i, l := range layers {
		if i > 0 && l <= layers[i-1] {
			return listed(layers)
		}
	}
	if len(layers) == 0 {
		return "none"
	}
	return strings.ReplaceAll(strings.Trim(ranges(layers), "{}"), ",", ", ")
}

// layerIndex is a layer's number in a path, the first of the numbers.
var layerIndex = regexp.MustCompile(`\.(\d+)\.`)

// adapterTable shows modules that differ only in their layer as one.
func adapterTable(modules []adapterModule) [][]string {
	type group struct {
		row    []string
		layers []int
	}
	var groups []*group
	byKey := map[string]*group{}
	for _, m := range modules {
		layer, path := -1, m.Path
		if at := layerIndex.FindStringSubmatchIndex(path); at != nil {
			if n, err := strconv.Atoi(path[at[2]:at[3]]); err == nil {
				layer, path = n, path[:at[2]]+"{layer}"+path[at[3]:]
			}
		}
		row := []string{path, strconv.Itoa(m.Rank), fmt.Sprintf("%d x %d", m.Out, m.In), m.DType}
		key := strings.Join(row, "\x00")
		g := byKey[key]
		if g == nil {
			g = &group{row: row}
			byKey[key] = g
			groups = append(groups, g)
		}
		g.layers = append(g.layers, layer)
	}
	rows := [][]string{{"module", "rank", "B A", "dtype"}}
	for _, g := range groups {
		g.row[0] = strings.ReplaceAll(g.row[0], "{layer}", ranges(g.layers))
		rows = append(rows, g.row)
	}
	return rows
}
