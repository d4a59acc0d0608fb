package main

import (
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// made makes a transfer's folder with a report, and one of a training of it.
func made(t *testing.T) (transferred, trained string) {
	t.Helper()
	demo, err := filepath.Abs("../../../testdata/demo")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	transferred, trained = filepath.Join(dir, "adapter"), filepath.Join(dir, "trained")
	nugget := func(args ...string) {
		t.Helper()
		if text, err := exec.Command(os.Getenv("NUGGET"), args...).CombinedOutput(); err != nil {
			t.Fatalf("nugget %v: %v\n%s", args, err, text)
		}
	}
	nugget("transfer", "--quiet", "--report", "--backend", "go", "--teacher", filepath.Join(demo, "teacher"), "--student", filepath.Join(demo, "student"),
		"--seeds", filepath.Join(demo, "seeds.jsonl"), "--out", transferred)
	nugget("train", "--quiet", "--backend", "go", "--model", filepath.Join(demo, "student"), "--adapter", transferred, "--data", filepath.Join(demo, "seeds.jsonl"),
		"--eval-data", filepath.Join(demo, "seeds.jsonl"), "--eval-every", "4", "--batch-size", "4", "--max-steps", "12", "--out", trained)
	nugget("report", trained)
	return transferred, trained
}

func TestReportsInChromium(t *testing.T) {
	transferred, trained := made(t)
	browser, stop, err := launch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	r := read(t, transferred)
	path := filepath.Join(transferred, "report.html")
	t.Run("numbers", func(t *testing.T) { numbers(t, open(t, browser, path, 1280, 900), r) })
	t.Run("heat maps", func(t *testing.T) { heatMaps(t, open(t, browser, path, 1280, 900), r) })
	t.Run("keyboard", func(t *testing.T) { keyboard(t, open(t, browser, path, 1280, 900)) })
	t.Run("screen reader", func(t *testing.T) { screenReader(t, open(t, browser, path, 1280, 900)) })
	t.Run("looks", func(t *testing.T) { looks(t, browser, path) })
	t.Run("training", func(t *testing.T) { training(t, open(t, browser, filepath.Join(trained, "report.html"), 1280, 900)) })
}

// numbers compares what is in the DOM with transfer.json, and bars with their numbers.
func numbers(t *testing.T, p *page, r report) {
	type bar struct {
		Score, Height float64
		Chosen        bool
	}
	bars := ask[[]bar](p, `[...document.querySelectorAll("#layer-chart [data-layer]")].map((g, i) => {
		if (+g.dataset.layer != i) throw new Error("layers are not in order");
		return {Score: +g.dataset.score, Height: g.querySelector("rect").getBBox().height, Chosen: g.classList.contains("chosen")};
	})`)
	if len(bars) != len(r.LayerScores) {
		t.Fatalf("%d bars for %d layers", len(bars), len(r.LayerScores))
	}
	highest := slices.Max(r.LayerScores)
	tallest := slices.MaxFunc(bars, func(a, b bar) int { return int(math.Copysign(1, a.Height-b.Height)) }).Height
	for i, b := range bars {
		if b.Score != r.LayerScores[i] || b.Chosen != slices.Contains(r.Layers, i) {
			t.Errorf("layer %d: %+v, want %v", i, b, r.LayerScores[i])
		}
		if math.Abs(b.Height/tallest-b.Score/highest) > 0.005 {
			t.Errorf("layer %d: its bar is %.4f of the tallest, its score %.4f", i, b.Height/tallest, b.Score/highest)
		}
	}
	if n := ask[int](p, `document.querySelectorAll("#layer-table tbody tr").length`); n != len(r.LayerScores) {
		t.Errorf("%d rows of layers", n)
	}
	if n := ask[int](p, `document.querySelectorAll("#seed-table tbody tr").length`); n != len(r.Losses) {
		t.Errorf("%d rows of seeds", n)
	}
	losses := ask[[]float64](p, `[...document.querySelectorAll("#seed-table tbody td")].map(c => +c.textContent)`)
	for i, l := range losses {
		if math.Abs(l-r.Losses[i]) > 0.5001e-4 {
			t.Errorf("seed %d: %v, want %v", i, l, r.Losses[i])
		}
	}
	energies := ask[map[string]float64](p, `Object.fromEntries([...document.querySelectorAll("figure[data-module]")].map(f => [f.dataset.module, +f.dataset.energy]))`)
	if len(energies) != len(r.Modules) {
		t.Errorf("%d modules, want %d", len(energies), len(r.Modules))
	}
	for _, m := range r.Modules {
		if energies[m.Path] != m.Energy {
			t.Errorf("%s: energy %v, want %v", m.Path, energies[m.Path], m.Energy)
		}
	}
	if broken := ask[[]string](p, `[...document.querySelectorAll("a[href]")].map(a => a.getAttribute("href")).filter(h => !h.startsWith("#") || !document.getElementById(h.slice(1)))`); len(broken) > 0 {
		t.Errorf("links that lead nowhere: %q", broken)
	}
	if n := ask[int](p, `document.querySelectorAll("script, link:not([rel=icon]), iframe, [onclick], [onload]").length`); n > 0 {
		t.Errorf("%d elements that run or load something", n)
	}
}

// heatMaps looks whether the pictures can be decoded, and whether windows are where
// transfer.json has them.
func heatMaps(t *testing.T, p *page, r report) {
	type heat struct {
		Module         string
		Share          float64
		Cells          []float64
		X, Y, W, H     float64 // of the window, in the picture's size
		Width, Height  float64
		Decoded, Shown bool
	}
	maps := ask[[]heat](p, `(async () => {
		const all = [];
		for (const d of document.querySelectorAll("details.layer")) d.open = true;
		for (const f of document.querySelectorAll("figure[data-module]")) {
			const svg = f.querySelector("svg:has(image)"), image = svg.querySelector("image"), w = svg.querySelector(".window");
			const picture = new Image();
			picture.src = image.getAttribute("href");
			await picture.decode();
			const box = image.getBBox(), b = w.getBBox();
			all.push({Module: f.dataset.module, Share: +f.querySelector("[data-share]").dataset.share, Cells: [picture.naturalHeight, picture.naturalWidth],
				X: b.x / box.width, Y: b.y / box.height, W: b.width / box.width, H: b.height / box.height,
				Width: box.width, Height: box.height, Decoded: picture.naturalWidth > 0, Shown: svg.checkVisibility()});
		}
		return all;
	})()`)
	if len(maps) != len(r.Modules) {
		t.Fatalf("%d heat maps for %d modules", len(maps), len(r.Modules))
	}
	byPath := make(map[string]heat)
	for _, m := range maps {
		byPath[m.Module] = m
	}
	for _, m := range r.Modules {
		h, w := byPath[m.Path], m.Window
		want := []float64{*w.Col / w.Matrix[1], *w.Row / w.Matrix[0], w.Cols / w.Matrix[1], w.Rows / w.Matrix[0]}
		for i, got := range []float64{h.X, h.Y, h.W, h.H} {
			if math.Abs(got-want[i])*math.Max(h.Width, h.Height) > 0.2 {
				t.Errorf("%s: the window is at %v, want %v", m.Path, []float64{h.X, h.Y, h.W, h.H}, want)
				break
			}
		}
		if h.Share != w.Share || !h.Shown || !h.Decoded || h.Cells[0] != math.Min(32, w.Matrix[0]) || h.Cells[1] != math.Min(32, w.Matrix[1]) {
			t.Errorf("%s: %+v", m.Path, h)
		}
	}
}

// keyboard reaches the content, a chosen layer's bar, and opens that layer.
func keyboard(t *testing.T, p *page) {
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(kb.Tab)))
	if got := ask[string](p, `document.activeElement.className`); got != "skip" {
		t.Errorf("the first Tab reaches %q", got)
	}
	for tabs := 0; ; tabs++ {
		if ask[bool](p, `document.activeElement.getAttribute("href") == "#layer-1" && document.activeElement.closest("#layer-chart") != null`) {
			break
		}
		if tabs == 60 {
			t.Fatal("no Tab reaches the bar of student layer 1")
		}
		p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(kb.Tab)))
	}
	if outline := ask[string](p, `getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement.querySelector("rect")).strokeWidth`); outline == "none0px" {
		t.Error("the focus is not seen")
	}
	const isOpen = `document.getElementById("layer-1").closest("details").open`
	if ask[bool](p, isOpen) {
		t.Error("student layer 1 is open from the start")
	}
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(kb.Enter)))
	for start := time.Now(); !ask[bool](p, isOpen); time.Sleep(50 * time.Millisecond) {
		if time.Since(start) > 20*time.Second {
			t.Fatal("Enter on the bar does not open student layer 1")
		}
	}
}

// screenReader wants names for all pictures, and headings without a gap.
func screenReader(t *testing.T, p *page) {
	ask[int](p, `document.querySelectorAll("details").forEach(d => d.open = true), 0`)
	nodes := call(p, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes
	images, tables, level := 0, 0, 0
	for _, n := range nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		name := ""
		if n.Name != nil {
			name = string(n.Name.Value)
		}
		switch role := string(n.Role.Value); role {
		case `"image"`, `"img"`, `"link"`, `"region"`, `"group"`, `"navigation"`:
			if name == "" || name == `""` {
				if role != `"group"` { // details are groups, named by their summary
					t.Errorf("a node of role %s has no name", role)
				}
			}
			images++
		case `"table"`:
			tables++
		case `"heading"`:
			for _, property := range n.Properties {
				if property.Name == "level" {
					now := int(property.Value.Value[0] - '0')
					if now > level+1 {
						t.Errorf("the heading %s of level %d follows one of %d", name, now, level)
					}
					level = now
				}
			}
		}
	}
	if images < 60 || tables < 6 || level == 0 {
		t.Errorf("%d pictures and links, %d tables", images, tables)
	}
	if n := ask[int](p, `document.querySelectorAll("table tbody tr").length - document.querySelectorAll("table tbody th[scope=row]").length`); n != 0 {
		t.Errorf("%d rows have no header", n)
	}
}

// contrast is the lowest ratio of text to what is behind it, as WCAG 2 has it, over all
// that has text of its own.
const contrast = `(() => {
	const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
	const over = layers => {
		canvas.clearRect(0, 0, 1, 1);
		for (const c of layers) { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); }
		return canvas.getImageData(0, 0, 1, 1).data;
	};
	const light = c => {
		const [r, g, b] = [0, 1, 2].map(i => c[i] / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	let least = {ratio: 99};
	for (const e of document.body.querySelectorAll("*")) {
		if (![...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()) || !e.checkVisibility() || e.closest("title")) continue;
		const behind = [];
		for (let at = e; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
		const style = getComputedStyle(e), svg = e.namespaceURI.endsWith("svg");
		const ground = over(["#fff", ...behind]), ink = over(["#fff", ...behind, svg ? style.fill : style.color]);
		const [a, b] = [light(ground), light(ink)].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
		if (ratio < least.ratio) least = {ratio, text: e.textContent.trim().slice(0, 40)};
	}
	return least;
})()`

// looks goes through light and dark, wide and narrow, and paper.
func looks(t *testing.T, browser context.Context, path string) {
	p := open(t, browser, path, 1280, 900)
	grounds := make(map[string]string)
	for _, scheme := range []string{"light", "dark"} {
		p.media("", scheme)
		grounds[scheme] = ask[string](p, `getComputedStyle(document.body).backgroundColor`)
		if c := ask[struct {
			Ratio float64
			Text  string
		}](p, contrast); c.Ratio < 4.5 {
			t.Errorf("%s: a contrast of %.2f at %q", scheme, c.Ratio, c.Text)
		}
		p.picture(scheme + "-wide")
	}
	if grounds["light"] == grounds["dark"] {
		t.Errorf("light and dark are both %s", grounds["light"])
	}
	p.media("print", "dark")
	if got := ask[string](p, `getComputedStyle(document.body).backgroundColor`); got != "rgb(255, 255, 255)" {
		t.Errorf("paper is %s", got)
	}
	if hidden := ask[int](p, `[...document.querySelectorAll("figure.card")].filter(f => f.getBoundingClientRect().height < 50).length`); hidden > 0 {
		t.Errorf("%d matrices are not printed", hidden)
	}
	p.picture("print")
	for _, width := range []int64{320, 390, 820} {
		narrow := open(t, browser, path, width, 800)
		if over := ask[float64](narrow, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%d pixels wide, the page is %v too wide", width, over)
		}
		if width == 390 {
			narrow.picture("light-narrow")
			narrow.media("", "dark")
			narrow.picture("dark-narrow")
		}
	}
}

// training finds the curve's points in the table and the chart.
func training(t *testing.T, p *page) {
	if n := ask[int](p, `document.querySelectorAll("#loss-table tbody tr").length`); n != 12 {
		t.Errorf("%d steps in the table, want 12", n)
	}
	if n := ask[int](p, `document.querySelector("#loss-chart .curve").getAttribute("d").split(/[ML]/).length - 1`); n != 12 {
		t.Errorf("%d points in the curve, want 12", n)
	}
	if n := ask[int](p, `document.querySelectorAll("#loss-chart circle").length`); n != ask[int](p, `document.querySelectorAll("#eval-table tbody tr").length`) || n < 3 {
		t.Errorf("%d evaluations", n)
	}
	p.picture("training")
}
