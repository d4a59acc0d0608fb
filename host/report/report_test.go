package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/host/transfer"
)

// sample is a transfer to a student of some layers with all that a report may have.
func sample(layers int) *transfer.Report {
	r := &transfer.Report{
		Method: "arXiv:2310.11451", Versions: map[string]string{"nugget": "v1.2.3", "go": "go1.26"},
		Teacher: transfer.ModelReport{Path: "models/teacher-13b", Family: "llama", Format: "huggingface", Layers: layers + 8, Hidden: 5120, Vocab: 32000,
			SHA256: strings.Repeat("ab", 32), Files: []transfer.File{{Name: "model.safetensors", SHA256: strings.Repeat("cd", 32)}}},
		Student: transfer.ModelReport{Path: "models/student-7b", Family: "llama", Format: "gguf", Layers: layers, Hidden: 4096, Vocab: 32000, SHA256: strings.Repeat("ef", 32)},
		Seeds:   transfer.SeedsReport{Path: "data/seeds.jsonl", SHA256: strings.Repeat("12", 32), Samples: 32, Tokens: 4096, Counted: 1234},
		Options: transfer.OptionsReport{Rank: 16, Start: "plain", Layers: "sensitivity", Structure: "submatrix", Modules: "all", Backend: "go", Template: "nugget", MaxLength: 2048},
		LeftOut: []string{"embeddings: they share one weight"},
	}
	for i := range 32 {
		r.Losses = append(r.Losses, 1+float64(i)/16)
	}
	for i := range layers + 8 {
		r.LayerScores = append(r.LayerScores, float64(100+i*i%37))
		if i >= 4 && i < layers+4 {
			r.Layers = append(r.Layers, i)
		}
	}
	window := func(k, rows, cols int) transfer.Window {
		row, col := 64+k, 128
		return transfer.Window{Row: &row, Col: &col, Rows: rows, Cols: cols, Sum: 12.5, Share: 0.625, Matrix: []int{rows * 5 / 4, cols * 5 / 4}}
	}
	for k := range layers {
		prefix := fmt.Sprintf("model.layers.%d.", k)
		from := fmt.Sprintf("model.layers.%d.", k+4)
		r.Modules = append(r.Modules, transfer.ModuleReport{Path: prefix + "self_attn.qkv_proj", Role: "qkv", Layer: &k, Energy: 0.5, Parts: []transfer.PartReport{
			{Part: "q", Teacher: from + "self_attn.q_proj", Window: window(k, 4096, 4096)},
			{Part: "k", Teacher: from + "self_attn.k_proj", Window: window(k, 1024, 4096)},
			{Part: "v", Teacher: from + "self_attn.v_proj", Window: window(k, 1024, 4096)},
		}})
		for _, m := range []struct {
			name, role string
			rows, cols int
		}{{"self_attn.o_proj", "o", 4096, 4096}, {"mlp.gate_proj", "gate", 11008, 4096}, {"mlp.up_proj", "up", 11008, 4096}, {"mlp.down_proj", "down", 4096, 11008}} {
			w := window(k, m.rows, m.cols)
			r.Modules = append(r.Modules, transfer.ModuleReport{Path: prefix + m.name, Role: m.role, Layer: &k, Teacher: from + m.name, Window: &w, Energy: 0.25})
		}
	}
	w := transfer.Window{Rows: 4096, Cols: 32000, Sum: 3, Share: 0.75, Matrix: []int{5120, 32000}}
	r.Modules = append(r.Modules, transfer.ModuleReport{Path: "model.embed_tokens", Role: "embed", Teacher: "model.embed_tokens", Window: &w, Energy: 0.125})
	return r
}

// noise is numbers that compress no better than a real map.
func noise(n, seed int) []float32 {
	values := make([]float32, n)
	state := uint32(seed*2654435761 + 1)
	for i := range values {
		state = state*1664525 + 1013904223
		values[i] = float32(state>>8) / (1 << 22)
	}
	return values
}

// folder writes a transfer's files; arrays or not.
func folder(t testing.TB, r *transfer.Report, withArrays bool) string {
	t.Helper()
	dir := t.TempDir()
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	save(t, dir, transfer.ReportFile, string(raw))
	if !withArrays {
		return dir
	}
	var list []safetensors.Data
	for i, m := range r.Modules {
		sigma := noise(r.Options.Rank, i)
		for k := range sigma {
			sigma[k] = float32(r.Options.Rank-k) + 0.25
		}
		list = append(list, safetensors.Data{Name: transfer.SigmaName(m.Path), Shape: []int{len(sigma)}, Values: sigma})
		parts := []string{""}
		if m.Parts != nil {
			parts = nil
			for _, p := range m.Parts {
				parts = append(parts, p.Part)
			}
		}
		for j, p := range parts {
			list = append(list, safetensors.Data{Name: transfer.HeatName(m.Path, p), Shape: []int{32, 32}, Values: noise(32*32, i*4+j)})
		}
	}
	var b bytes.Buffer
	if err := safetensors.Write(&b, list, nil); err != nil {
		t.Fatal(err)
	}
	save(t, dir, transfer.ArraysFile, b.String())
	return dir
}

func save(t testing.TB, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func html(t testing.TB, dir string) string {
	t.Helper()
	r, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func want(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("the page has no %s", text)
		}
	}
}

func TestThePageHasTheNumbers(t *testing.T) {
	page := html(t, folder(t, sample(2), true))
	want(t, page,
		"<title>From teacher-13b to student-7b · nugget</title>",
		"1.9688 on 32 seeds, 1,234 tokens",
		`data-layer="4" data-score="116"`,
		"Teacher layer 4: sensitivity 116, 10.2% of all layers&#39;, chosen for student layer 0",
		"Teacher layer 9: sensitivity 107, 9.4% of all layers&#39;, not chosen",
		`<tr data-role="qkv"><th scope="row">qkv</th><td class="n">2</td><td class="n">62.5%</td><td class="n">64.0%</td><td class="n">0.98</td><td class="n">50.0%</td></tr>`,
		`<a href="#layer-1">1 ← 5</a>`,
		`data-module="model.layers.1.self_attn.qkv_proj" data-energy="0.5"`,
		"4,096 × 4,096 of 5,120 × 5,120, from row 65, column 128",
		"4,096 × 32,000 of 5,120 × 32,000, not in one piece",
		"16 singular values from 16.25 down to 1.25; they keep 25.0% of the window&#39;s energy",
		"embeddings: they share one weight",
		strings.Repeat("ab", 32), strings.Repeat("cd", 32), strings.Repeat("ef", 32), strings.Repeat("12", 32),
		"v1.2.3", "2,048 tokens", `<th scope="row">sensitivity in</th><td>f32</td>`,
		`<tr><th scope="row">32</th><td class="n">2.9375</td></tr>`,
	)
	if n := strings.Count(page, `class="window"`); n != 14 {
		t.Errorf("%d windows are drawn, want 14", n)
	}
	if n := strings.Count(page, "data:image/png"); n != 2*7+1+1 {
		t.Errorf("%d pictures, want 16", n)
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "NaN") {
		t.Error("a script, a value that the template refused, or a NaN")
	}
}

// TestALargeTransferStaysSmall: 32 layers with heat maps that do not compress, a rank
// that is larger than usual.
func TestALargeTransferStaysSmall(t *testing.T) {
	r := sample(32)
	r.Options.Rank = 64
	if page := html(t, folder(t, r, true)); len(page) > 2<<20 {
		t.Errorf("the page has %d bytes, want at most 2 MiB", len(page))
	} else {
		t.Logf("%d bytes", len(page))
	}
}

func TestEqualFoldersGiveEqualBytes(t *testing.T) {
	r := sample(3)
	first := html(t, folder(t, r, true))
	if second := html(t, folder(t, r, true)); first != second {
		t.Error("two pages of one transfer differ")
	}
}

func TestWithoutArraysThePageSaysSo(t *testing.T) {
	page := html(t, folder(t, sample(2), false))
	want(t, page, "There are no heat maps and no singular values: the folder has no transfer.safetensors", "62.5%")
	if n := strings.Count(page, "data:image/png"); n != 1 {
		t.Errorf("%d pictures, want the scale's", n)
	}
}

// TestFilesOfBefore: no role, no layer, no size of the matrix.
func TestFilesOfBefore(t *testing.T) {
	r := sample(2)
	for i := range r.Modules {
		m := &r.Modules[i]
		m.Role, m.Layer = "", nil
		if m.Window != nil {
			m.Window.Matrix = nil
		}
		for k := range m.Parts {
			m.Parts[k].Window.Matrix = nil
		}
	}
	page := html(t, folder(t, r, false))
	want(t, page, `<tr data-role="qkv_proj">`, `<td class="n">unknown</td>`, `<a href="#layer-1">1 ← 5</a>`, "Outside the layers", "4,096 × 4,096, from row 65, column 128")
}

func TestHostileNamesAreText(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>'` + "`"
	r := sample(1)
	r.Teacher.Path, r.Student.Path, r.Seeds.Path = evil, evil, evil
	r.Teacher.Family, r.Teacher.SHA256 = evil, evil
	r.Teacher.Files[0].Name = evil
	r.LeftOut = []string{evil}
	r.Method, r.Options.Start, r.Options.Backend, r.Options.Template = evil, evil, evil, evil
	r.Versions = map[string]string{evil: evil}
	for i := range r.Modules {
		m := &r.Modules[i]
		m.Role, m.Path, m.Teacher = evil, evil+m.Path, evil
		for k := range m.Parts {
			m.Parts[k].Part, m.Parts[k].Teacher = evil, evil
		}
	}
	dir := folder(t, r, false)
	save(t, dir, metricsFile, `{"step":1,"loss":2}`+"\n")
	settings, err := json.Marshal(map[string]string{evil: evil})
	if err != nil {
		t.Fatal(err)
	}
	save(t, dir, trainFile, string(settings))
	page := html(t, dir)
	if strings.Contains(page, "<script") || strings.Contains(page, "<img src=x") || strings.Contains(page, "ZgotmplZ") {
		t.Error("a name has become markup")
	}
	want(t, page, "&lt;script&gt;alert(1)&lt;/script&gt;")
}

func TestAThousandExpertsAreSummedUp(t *testing.T) {
	r := sample(1)
	layer := 0
	for e := range 1000 {
		w := transfer.Window{Rows: 4, Cols: 4, Share: float64(e%2) / 2, Matrix: []int{8, 8}}
		r.Modules = append(r.Modules, transfer.ModuleReport{Path: fmt.Sprintf("model.layers.0.mlp.experts.%d.w1", e), Role: "w1", Layer: &layer, Teacher: "x", Window: &w, Energy: 0.5})
	}
	page := html(t, folder(t, r, false))
	want(t, page, "1000 modules: 25.0% of S in the window, energy kept 50.0%, on average")
	if len(page) > 100_000 {
		t.Errorf("the page has %d bytes", len(page))
	}
}
