package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"
)

// results is standard output. Errors are kept until the end, so that a full disk is
// told of once.
type results struct {
	*bufio.Writer
	screen bool // people see it as it is written
}

func newResults(w io.Writer) results {
	f, ok := w.(*os.File)
	return results{bufio.NewWriterSize(w, 1<<16), ok && term.IsTerminal(int(f.Fd()))}
}

// finish writes what is left.
func (r results) finish() error {
	if err := r.Flush(); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return nil
}

// json prints v for programs, indented.
func (r results) json(v any) error { return writeJSON(r, v) }

// writeJSON writes v as the files and the output of nugget have it.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(v)
}

// jsonLine prints v on one line.
func (r results) jsonLine(v any) error {
	e := json.NewEncoder(r)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// columns prints aligned rows. What comes from files is made printable.
func (r results) columns(rows [][]string) error {
	w := tabwriter.NewWriter(r, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = printable(cell)
		}
		fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	return w.Flush()
}

// grouped writes a number with its thousands apart.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// plural is "1 layer", "2 layers".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// bytesize writes a number of bytes for people.
func bytesize(n uint64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%.0f GiB", float64(n)/(1<<30))
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
}
