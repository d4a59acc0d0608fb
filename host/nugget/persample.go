package main

import (
	"bufio"
	"encoding/json"
	"os"

	"github.com/urfave/cli/v2"
)

// perSample is --per-sample's file: a line of JSON for each sample, in order.
type perSample struct {
	*output
	file *os.File
	w    *bufio.Writer
	json *json.Encoder
}

func perSampleFlag() cli.Flag {
	return &cli.StringFlag{Name: "per-sample", Usage: "write every sample's results to `FILE`, JSON lines"}
}

// newPerSample begins the file; nil: it is not wanted.
func (a *app) newPerSample(c *cli.Context) (*perSample, error) {
	path := c.String("per-sample")
	if path == "" {
		return nil, nil
	}
	out, err := a.staged.newFile(path, c.Bool("force"))
	if err != nil {
		return nil, err
	}
	p := &perSample{output: out}
	if p.file, err = os.Create(out.new()); err != nil {
		out.abandon()
		return nil, err
	}
	p.w = bufio.NewWriter(p.file)
	p.json = json.NewEncoder(p.w)
	p.json.SetEscapeHTML(false)
	return p, nil
}

// write adds a line.
func (p *perSample) write(line any) error {
	if p == nil {
		return nil
	}
	return p.json.Encode(line)
}

// finish puts the file in its place.
func (p *perSample) finish() error {
	if p == nil {
		return nil
	}
	if err := p.w.Flush(); err != nil {
		return err
	}
	if err := p.file.Close(); err != nil {
		return err
	}
	return p.commit()
}

func (p *perSample) abandon() {
	if p != nil {
		p.file.Close()
		p.output.abandon()
	}
}
