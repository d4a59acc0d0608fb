package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/host/plugin"
	"github.com/neuralnuggets/nugget/host/plugin/plugintest"
	"github.com/neuralnuggets/nugget/host/transfer"
)

func TestParametersAreCountedAsTorchCountsThem(t *testing.T) {
	goldens, err := filepath.Glob("../../testdata/tiny/*/golden.json")
	if err != nil || len(goldens) < 12 {
		t.Fatalf("%d goldens, %v", len(goldens), err)
	}
	for _, path := range goldens {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var golden struct{ Parameters int }
			raw, err := os.ReadFile(path)
			if err == nil {
				err = json.Unmarshal(raw, &golden)
			}
			if err != nil {
				t.Fatal(err)
			}
			ck, err := checkpoint.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer ck.Close()
			r := newInspection(transfer.Model{Checkpoint: ck, Arch: plugintest.Describe(t, ck)}, plugin.Listing{})
			if r.Parameters != golden.Parameters {
				t.Errorf("%d parameters, torch has %d", r.Parameters, golden.Parameters)
			}
		})
	}
}

func TestRanges(t *testing.T) {
	for _, tt := range []struct {
		indices []int
		want    string
	}{
		{[]int{3}, "3"},
		{[]int{0, 1, 2}, "{0-2}"},
		{[]int{5, 0, 1, 1}, "{0-1,5}"},
		{[]int{0, 2, 4}, "{0,2,4}"},
	} {
		if got := ranges(tt.indices); got != tt.want {
			t.Errorf("ranges(%v) = %q, want %q", tt.indices, got, tt.want)
		}
	}
}
