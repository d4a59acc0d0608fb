// Command browser takes the picture of a report that README.md shows: the page's top
// beside its matrices, in a real Chromium.
//
//	NUGGET_CHROMIUM=/usr/bin/chromium go run . report.html picture.png
//
// Its tests open reports as people do. It is a module of its own, so that neither nugget
// nor its tests need a browser; `make browser` runs them, with Chromium's path in
// $NUGGET_CHROMIUM and nugget's in $NUGGET.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/chromedp/chromedp"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: browser REPORT.html PICTURE.png")
		os.Exit(2)
	}
	if err := take(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		os.Exit(1)
	}
}

// launch starts Chromium.
func launch() (context.Context, context.CancelFunc, error) {
	path := os.Getenv("NUGGET_CHROMIUM")
	if path == "" {
		return nil, nil, errors.New("NUGGET_CHROMIUM is not set: it is the path of a Chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(time.Minute))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ = chromedp.NewContext(ctx)
	// The first to run anything has the browser to itself, without a deadline.
	if _, err := chromedp.Run(ctx, chromedp.Location()); err != nil {
		stop()
		return nil, nil, err
	}
	return ctx, stop, nil
}

const width, height = 640, 1080

// take takes the picture.
func take(report, to string) error {
	path, err := filepath.Abs(report)
	if err != nil {
		return err
	}
	ctx, stop, err := launch()
	if err != nil {
		return err
	}
	defer stop()
	err = chromedp.Do(ctx, chromedp.EmulateViewport(width, height), chromedp.Navigate("file://"+path), chromedp.WaitReady("footer"))
	if err != nil {
		return err
	}
	whole := image.NewRGBA(image.Rect(0, 0, 2*width+1, height))
	draw.Draw(whole, whole.Rect, image.NewUniform(color.Gray{0xd5}), image.Point{}, draw.Src)
	for i, place := range []string{"body", "#matrices"} {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelector("`+place+`").scrollIntoView(), true`))
		if err != nil {
			return err
		}
		raw, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			return err
		}
		half, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			return err
		}
		draw.Draw(whole, image.Rect(i*(width+1), 0, i*(width+1)+width, height), half, image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, reduced(whole)); err != nil {
		return err
	}
	return os.WriteFile(to, b.Bytes(), 0o666)
}

// reduced has 256 colours: those that are most of the picture and not too much alike,
// each other one replaced by the nearest.
func reduced(img *image.RGBA) *image.Paletted {
	count := make(map[color.RGBA]int)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			count[img.RGBAAt(x, y)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	var palette color.Palette
	for _, alike := range []int{200, 60, 0} { // squared distances
		for _, c := range colours {
			if len(palette) < 256 && !slices.ContainsFunc(palette, func(p color.Color) bool { return distance(c, p.(color.RGBA)) <= alike }) {
				palette = append(palette, c)
			}
		}
	}
	out := image.NewPaletted(img.Rect, palette)
	draw.Draw(out, out.Rect, img, image.Point{}, draw.Src)
	return out
}

func distance(a, b color.RGBA) int {
	r, g, blue := int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B)
	return r*r + g*g + blue*blue
}
