package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// page is an open report and what the browser has said of it.
type page struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	said     []string // errors and warnings of the console
	requests []string
}

// open opens a file in a window of a size.
func open(t *testing.T, browser context.Context, path string, width, height int64) *page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	p := &page{t: t, ctx: ctx}
	p.must(chromedp.Listen(ctx, p.listen))
	call(p, network.Enable, network.EnableParams{})
	call(p, log.Enable, cdp.Empty{})
	call(p, runtime.Enable, cdp.Empty{})
	p.must(chromedp.Do(ctx, chromedp.EmulateViewport(width, height), chromedp.Navigate("file://"+path), chromedp.WaitReady("footer")))
	t.Cleanup(func() { p.quiet("file://" + path) })
	return p
}

func (p *page) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *log.EventEntryAdded:
		p.said = append(p.said, e.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		p.said = append(p.said, fmt.Sprint("console: ", e.Type))
	case *runtime.EventExceptionThrown:
		p.said = append(p.said, e.ExceptionDetails.Text)
	}
}

// quiet wants no word on the console, and no request but for the page itself.
func (p *page) quiet(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.said) > 0 {
		p.t.Errorf("the browser says %q", p.said)
	}
	own := 0
	for _, r := range p.requests {
		address, _, _ := strings.Cut(r, "#")
		switch {
		case address == url:
			own++
		case !strings.HasPrefix(r, "data:"):
			p.t.Errorf("the page asks for %s", r)
		}
	}
	if own == 0 {
		p.t.Errorf("the requests are not seen: %q", p.requests)
	}
}

func (p *page) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// call gives the browser a command of its protocol.
func call[P, R any](p *page, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	r, err := chromedp.Call(p.ctx, command, params)
	p.must(err)
	return r
}

// ask evaluates an expression, or what a promise of it gives.
func ask[T any](p *page, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	p.must(err)
	return v
}

// media has the page shown as on paper, or in light or dark.
func (p *page) media(medium, scheme string) {
	p.t.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: medium, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// picture writes a screenshot into $NUGGET_SCREENSHOTS, for people to look at.
func (p *page) picture(name string) {
	p.t.Helper()
	dir := os.Getenv("NUGGET_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	p.must(err)
	p.must(os.WriteFile(filepath.Join(dir, name+".png"), png, 0o666))
}

// report is what the test knows of transfer.json.
type report struct {
	Losses      []float64
	LayerScores []float64 `json:"layer_scores"`
	Layers      []int
	Modules     []struct {
		Path   string
		Energy float64
		Window *window
		Parts  []struct{ Window window }
	}
}

type window struct {
	Row, Col   *float64
	Rows, Cols float64
	Share      float64
	Matrix     []float64
}

func read(t *testing.T, dir string) report {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "transfer.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r
}
