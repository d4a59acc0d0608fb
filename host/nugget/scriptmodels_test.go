package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// setconfig DIR KEY VALUE sets a key of config.json; VALUE is JSON.
func setConfig(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 3, "setconfig DIR KEY VALUE")
	path := filepath.Join(args[0], "config.json")
	var config map[string]json.RawMessage
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(path)), &config))
	config[args[1]] = json.RawMessage(args[2])
	raw, err := json.Marshal(config)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(path), raw, 0o666))
}

// tensor drop|add|nan DIR NAME changes model.safetensors, which is F32: a tensor is
// left out, put in (of shape [2, 2]), or gets a NaN as its sixth entry.
func tensor(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 3, "tensor drop|add|nan DIR NAME")
	path, name := ts.MkAbs(filepath.Join(args[1], "model.safetensors")), args[2]
	tensors := readTensors(ts, path)
	i := slices.IndexFunc(tensors, func(d safetensors.Data) bool { return d.Name == name })
	if (args[0] == "add") != (i < 0) {
		ts.Fatalf("%s: has the tensor %s, or not", path, name)
	}
	switch args[0] {
	case "drop":
		tensors = slices.Delete(tensors, i, i+1)
	case "add":
		tensors = append(tensors, safetensors.Data{Name: name, Shape: []int{2, 2}, Values: make([]float32, 4)})
	case "nan":
		tensors[i].Values[5] = float32(math.NaN())
	default:
		ts.Fatalf("unknown: %s", args[0])
	}
	f, err := os.Create(path)
	ts.Check(err)
	defer f.Close()
	ts.Check(safetensors.Write(f, tensors, map[string]string{"format": "pt"}))
}

func readTensors(ts *testscript.TestScript, path string) []safetensors.Data {
	f, err := safetensors.Open(path)
	ts.Check(err)
	defer f.Close()
	var tensors []safetensors.Data
	for _, t := range f.Tensors() {
		d := safetensors.Data{Name: t.Name, Shape: t.Shape, Values: make([]float32, product(t.Shape))}
		ts.Check(f.ReadFloat32(t.Name, 0, d.Values))
		tensors = append(tensors, d)
	}
	return tensors
}

// train DIR changes an adapter's factors, as training would.
func train(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 1, "train DIR")
	path := ts.MkAbs(filepath.Join(args[0], "adapter_model.safetensors"))
	tensors := readTensors(ts, path)
	for _, t := range tensors {
		for i := range t.Values {
			t.Values[i] += 0.05 * float32(math.Sin(float64(i)))
		}
	}
	f, err := os.Create(path)
	ts.Check(err)
	defer f.Close()
	ts.Check(safetensors.Write(f, tensors, map[string]string{"format": "pt"}))
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// slowPlugin describes model_type "slow" and never comes to an end. It tells its
// process id in the file that the model's config names as "pidfile".
func slowPlugin() {
	sdk.Serve(sdk.Plugin{
		Name: "slow", Version: "1", ModelTypes: []string{"slow"},
		Describe: func(r *archpb.DescribeRequest) (*archpb.Model, error) {
			var config struct{ PidFile string }
			if err := json.Unmarshal(r.Config, &config); err != nil {
				return nil, err
			}
			if err := os.WriteFile(config.PidFile, []byte(strconv.Itoa(os.Getpid())), 0o666); err != nil {
				return nil, err
			}
			select {}
		},
	})
}
