// Package report draws what a transfer took from where, and what a training made of it,
// as one HTML page that a person can read, trust and pass on.
//
// The page is whole in itself: no script, nothing that is fetched, charts in SVG with
// their numbers as tables beside them. It is read with the keyboard and by screen
// readers, in light and dark, and on paper. What comes from files is text in it, never
// markup. Equal folders give equal bytes.
//
// It draws what transfer.json, transfer.safetensors, metrics.jsonl and train.json say.
// It opens no model and computes nothing anew: to check an adapter is nugget verify's.
package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/transfer"
)

// File is the report's name in the folder that it is about.
const File = "report.html"

// Report is what the files of a folder say.
type Report struct {
	transfer *transfer.Report // nil: the folder is of a training from nothing
	arrays   *arrays
	training *training // nil: nothing was trained here
}

// Read reads a transfer's folder, an adapter's of the paper's form in it, or a
// training's. Without a transfer.json and without metrics of a training it is an error.
func Read(dir string) (*Report, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s: is no folder", dir)
	}
	r := &Report{}
	var err error
	if r.transfer, err = transfer.ReadReport(dir); err != nil {
		return nil, err
	}
	if r.training, err = readTraining(dir); err != nil {
		return nil, err
	}
	if r.transfer == nil && r.training == nil {
		return nil, hint.With(fmt.Errorf("%s: holds neither %s nor %s", dir, transfer.ReportFile, metricsFile),
			"a report is about the folder that nugget transfer or nugget train has written")
	}
	if r.transfer != nil {
		r.arrays, err = findArrays(dir)
	}
	return r, err
}

// findArrays reads the arrays beside transfer.json, which for the paper's init and
// negative is in the folder above; nil: there are none.
func findArrays(dir string) (*arrays, error) {
	if _, err := os.Stat(filepath.Join(dir, transfer.ReportFile)); errors.Is(err, fs.ErrNotExist) {
		dir = filepath.Dir(filepath.Clean(dir))
	}
	a, err := readArrays(filepath.Join(dir, transfer.ArraysFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return a, err
}

// Write writes the page.
func (r *Report) Write(w io.Writer) error { return pages.ExecuteTemplate(w, "page.tmpl", newPage(r)) }
