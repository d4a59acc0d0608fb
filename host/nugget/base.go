package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/host/transfer"
)

// The forms of an adapter, by what its transfer.json and its place say.
const (
	formPlain     = "plain"     // of a transfer with --start plain
	formInit      = "init"      // the paper's, to be trained
	formNegative  = "negative"  // the paper's, to be merged before
	formConverted = "converted" // a trained init, folded
	formOther     = "other"     // no transfer.json says what it is
)

// purposes say what each form is for.
var purposes = map[string]string{
	formPlain:     "for the student as it is",
	formInit:      "to be trained on the student with negative/ merged into it",
	formNegative:  "to be merged into the student before init/ is trained: nugget merge",
	formConverted: "a trained init/, for the student as it is",
}

// origin is what is known of where an adapter comes from.
type origin struct {
	dir    string
	form   string
	report *transfer.Report // nil: nothing
}

func originOf(adapter string) (origin, error) {
	o := origin{dir: filepath.Clean(adapter), form: formOther}
	var err error
	if o.report, err = transfer.ReadReport(adapter); err != nil || o.report == nil {
		return o, err
	}
	_, own := os.Stat(filepath.Join(adapter, transfer.ReportFile))
	switch {
	case o.report.Options.Start != transfer.Paper:
		o.form = formPlain
	case own == nil:
		o.form = formConverted
	case filepath.Base(o.dir) == formInit:
		o.form = formInit
	case filepath.Base(o.dir) == formNegative:
		o.form = formNegative
	}
	return o, nil
}

// base is how a model stands to the one that an adapter was made for.
type base struct {
	Student string `json:"student"` // as transfer.json names it
	SHA256  string `json:"sha256"`
	// Right is "yes", "no" or "unknown".
	Right string `json:"right"`
	Text  string `json:"text"`
	hint  string
	transfer.Likeness
}

// compare says whether an adapter is for a model. nil: nothing is known of its student.
func (o origin) compare(ctx context.Context, m transfer.Model, id transfer.ModelReport) (*base, error) {
	if o.report == nil {
		return nil, nil
	}
	student := o.report.Student
	b := &base{Student: student.Path, SHA256: student.SHA256, Right: "yes", Likeness: transfer.Compare(student, id)}
	if o.form == formInit {
		return b, o.compareInit(ctx, b, m)
	}
	switch {
	case !b.Comparable:
		b.Right, b.Text = "unknown", fmt.Sprintf("the adapter was made for %s, which is of another format than %s", student.Path, m.Name)
	case !b.Weights:
		b.Right, b.Text = "no", fmt.Sprintf("the adapter was made for %s, whose weights are others than those of %s (%s)", student.Path, m.Name, firstWeights(b.Differ))
		b.hint = "use the student that the transfer had; --other-model takes another one"
	case !b.Config:
		b.Text = fmt.Sprintf("the weights of %s are those of the student %s, but config.json differs", m.Name, student.Path)
	default:
		b.Text = fmt.Sprintf("%s is the student that the adapter was made for", m.Name)
	}
	return b, nil
}

// compareInit wants a model that has the negative in it, as merge.json says.
func (o origin) compareInit(ctx context.Context, b *base, m transfer.Model) error {
	merge := fmt.Sprintf("merge it first: nugget merge --model %s --out BASE %s", m.Name, filepath.Join(filepath.Dir(o.dir), formNegative))
	if b.Comparable && b.Weights {
		b.Right, b.Text, b.hint = "no", fmt.Sprintf("%s is the student itself, but init/ is for the student with negative/ merged into it", m.Name), merge
		return nil
	}
	record, err := readMergeRecord(m.Checkpoint.Path())
	if err != nil {
		return err
	}
	b.Right, b.Text = "unknown", fmt.Sprintf("whether %s is the student with negative/ merged into it is not known: it has no %s", m.Name, peft.MergeFile)
	if record == nil {
		return nil
	}
	b.Likeness = transfer.Compare(o.report.Student, record.Model)
	negative, err := adapterFiles(ctx, filepath.Join(filepath.Dir(o.dir), formNegative))
	there := err == nil // not beside an init that was trained and put elsewhere
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	switch {
	case !b.Comparable:
		b.Text = fmt.Sprintf("%s was merged from %s, which is of another format than the student %s", m.Name, record.Model.Path, b.Student)
	case !b.Weights || record.Adapter.Form != formNegative || there && !sameFiles(negative, record.Adapter.Files):
		b.Right, b.Text, b.hint = "no", fmt.Sprintf("%s is %s with %s merged into it, but init/ is for %s with negative/", m.Name, record.Model.Path, record.Adapter.Path, b.Student), merge
	case !there:
		b.Text = fmt.Sprintf("%s is the student with %s merged into it; whether that is the negative of %s is not known", m.Name, record.Adapter.Path, o.dir)
	default:
		b.Right, b.Text = "yes", fmt.Sprintf("%s is the student with negative/ merged into it", m.Name)
	}
	return nil
}

// firstWeights names a file that differs, one of weights if there is one.
func firstWeights(files []string) string {
	for _, f := range files {
		if f != "config.json" {
			return f
		}
	}
	return strings.Join(files, ", ")
}
