package report

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/host/transfer"
)

//go:embed page
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"percent": percent, "number": number, "loss": lossText, "style": style,
	"add": func(a, b int) int { return a + b },
}).ParseFS(files, "page/*.tmpl"))

// style is the page's stylesheet.
func style() (template.CSS, error) {
	raw, err := files.ReadFile("page/style.css")
	return template.CSS(raw), err
}

// page is what the template shows.
type page struct {
	Title, Lead string
	Facts       []row
	Transfer    *transfer.Report // nil: none
	Bars        *layerChart
	Roles       []roleRow
	Overview    *overview
	Groups      []group // the student's layers, then what is outside of them
	Scale       scale
	Notes       []string // what cannot be shown, and why
	Seeds       *seedChart
	Training    *curve
	Settings    []row
	Options     []row
	Versions    []row
	Models      []modelRow
}

// modelRow is a checkpoint.
type modelRow struct {
	Who string
	transfer.ModelReport
}

func newPage(r *Report) *page {
	p := &page{Scale: newScale()}
	if t := r.training; t != nil {
		p.Training, p.Settings = newCurve(t), t.settings
	}
	if r.transfer == nil {
		p.Title = "A training"
		p.Lead = "An adapter that began from nothing, trained by nugget."
		p.Facts = p.trainingFacts(nil)
		return p
	}
	t := r.transfer
	p.Transfer = t
	p.Title = "From " + baseName(t.Teacher.Path) + " to " + baseName(t.Student.Path)
	p.Lead = fmt.Sprintf("What %s knows about %s, as a LoRA adapter for %s.", baseName(t.Teacher.Path), task(t), baseName(t.Student.Path))
	modules := describe(r)
	p.Facts = p.trainingFacts(transferFacts(t, modules))
	p.Bars = newLayerChart(t)
	p.Roles = byRole(modules)
	p.Overview = newOverview(t, modules)
	p.Groups = groups(t, modules)
	p.Notes = notes(r, modules)
	p.Seeds = newSeedChart(t.Losses)
	p.Options = optionRows(t.Options)
	for _, name := range slices.Sorted(maps.Keys(t.Versions)) {
		p.Versions = append(p.Versions, row{name, t.Versions[name]})
	}
	p.Models = []modelRow{{"teacher", t.Teacher}, {"student", t.Student}}
	return p
}

func task(t *transfer.Report) string {
	if t.Seeds.Path == "" {
		return plural(t.Seeds.Samples, "sample")
	}
	return "the samples in " + baseName(t.Seeds.Path)
}

// transferFacts are the figures at the top.
func transferFacts(t *transfer.Report, modules []module) []row {
	var share, energy, windows float64
	for _, m := range modules {
		energy += m.Energy / float64(len(modules))
		for _, p := range m.Parts {
			share += p.Share
			windows++
		}
	}
	facts := []row{
		{"the teacher's loss", fmt.Sprintf("%s on %s, %s", lossText(mean(t.Losses)), plural(t.Seeds.Samples, "seed"), plural(t.Seeds.Counted, "token"))},
		{"layers chosen", fmt.Sprintf("%d of the teacher's %d", distinct(t.Layers), t.Teacher.Layers)},
		{"modules", plural(len(modules), "module")},
	}
	if windows > 0 {
		facts = append(facts, row{"share of S in a window", percent(share/windows) + " on average"},
			row{"energy kept", fmt.Sprintf("%s by rank %d, on average", percent(energy), t.Options.Rank)})
	}
	return facts
}

// trainingFacts adds those of a training.
func (p *page) trainingFacts(facts []row) []row {
	if p.Training == nil || p.Training.Steps == 0 {
		return facts
	}
	return append(facts, row{"training", fmt.Sprintf("%s, loss %s to %s", plural(p.Training.Steps, "step"), lossText(p.Training.First), lossText(p.Training.Last))})
}

// notes says what the page cannot show.
func notes(r *Report, modules []module) []string {
	if r.arrays == nil {
		return []string{"There are no heat maps and no singular values: the folder has no " + transfer.ArraysFile +
			", which nugget transfer writes beside " + transfer.ReportFile + "."}
	}
	without := 0
	for _, m := range modules {
		for _, p := range m.Parts {
			if p.Map == nil {
				without++
			}
		}
	}
	if without == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s of the matrices have no heat map: for so many, none is kept.", grouped(without))}
}

func optionRows(o transfer.OptionsReport) []row {
	rows := []row{
		{"rank", fmt.Sprint(o.Rank)}, {"start", o.Start}, {"layers", o.Layers}, {"structure", o.Structure}, {"modules", o.Modules},
		{"allow smaller", yesNo(o.AllowSmaller)}, {"seed of random numbers", fmt.Sprint(o.RNGSeed)},
	}
	if o.Template != "" {
		rows = append(rows, row{"template", o.Template})
	}
	if o.MaxLength > 0 {
		rows = append(rows, row{"longest sample", plural(o.MaxLength, "token")})
	}
	return append(rows, row{"sensitivity in", cmp.Or(o.Compute, "f32")}, row{"backend", o.Backend})
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func distinct(values []int) int {
	list := slices.Clone(values)
	slices.Sort(list)
	return len(slices.Compact(list))
}

// baseName is the last name of a path or a hub id, of whatever system.
func baseName(path string) string {
	trimmed := strings.TrimRight(path, `/\`)
	return cmp.Or(trimmed[strings.LastIndexAny(trimmed, `/\`)+1:], path, "a model without a name")
}
