package main

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// setconfig DIR KEY VALUE sets a key of config.json, or of an adapter's; VALUE is JSON.
func setConfig(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 3, "setconfig DIR KEY VALUE")
	path := filepath.Join(args[0], "config.json")
	if adapter := filepath.Join(args[0], peft.ConfigFile); exists(ts.MkAbs(adapter)) {
		path = adapter
	}
	var config map[string]json.RawMessage
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(path)), &config))
	config[args[1]] = json.RawMessage(args[2])
	raw, err := json.Marshal(config)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(path), raw, 0o666))
}

// tensor drop|add|nan DIR NAME changes model.safetensors, or an adapter's file, which is
// F32: a tensor is left out, put in (of shape [2, 2]), or gets a NaN as its sixth entry.
func tensor(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 3, "tensor drop|add|nan DIR NAME")
	path, name := ts.MkAbs(filepath.Join(args[1], "model.safetensors")), args[2]
	if adapter := ts.MkAbs(filepath.Join(args[1], peft.WeightsFile)); exists(adapter) {
		path = adapter
	}
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

// renametensors DIR OLD NEW changes the names of an adapter's tensors.
func renameTensors(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 3, "renametensors DIR OLD NEW")
	path := ts.MkAbs(filepath.Join(args[0], peft.WeightsFile))
	tensors := readTensors(ts, path)
	for i := range tensors {
		tensors[i].Name = strings.ReplaceAll(tensors[i].Name, args[1], args[2])
	}
	f, err := os.Create(path)
	ts.Check(err)
	defer f.Close()
	ts.Check(safetensors.Write(f, tensors, map[string]string{"format": "pt"}))
}

// lora DIR MODEL RANK SUFFIX... writes an adapter of the model's modules whose paths have
// one of the ends.
func lora(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: lora DIR MODEL RANK SUFFIX...")
	}
	rank, err := strconv.Atoi(args[2])
	ts.Check(err)
	program, err := exec.LookPath("nugget")
	ts.Check(err)
	cmd := exec.Command(program, "inspect", "--json", args[1])
	cmd.Dir, cmd.Env = ts.MkAbs("."), scriptEnv(ts)
	described, err := cmd.Output()
	ts.Check(err)
	var model struct {
		Type    string `json:"model_type"`
		Modules []struct {
			Path, Kind string
			Shape      []int
		}
	}
	ts.Check(json.Unmarshal(described, &model))
	a := &peft.Adapter{BaseModel: filepath.Base(args[1]), Rank: rank, FanInFanOut: model.Type == "gpt2"}
	for _, m := range model.Modules {
		if m.Kind == "norm" || !slices.ContainsFunc(args[3:], func(end string) bool { return strings.HasSuffix(m.Path, end) }) {
			continue
		}
		p := peft.Module{Path: m.Path, Out: m.Shape[0], In: m.Shape[1]}
		if m.Kind == "embedding" {
			p.Embedding, p.Out, p.In = true, p.In, p.Out
		}
		p.A, p.B = waves(rank*p.In, len(a.Modules)), waves(p.Out*rank, len(a.Modules)+100)
		a.Modules = append(a.Modules, p)
	}
	slices.SortFunc(a.Modules, func(a, b peft.Module) int { return strings.Compare(a.Path, b.Path) })
	ts.Check(os.MkdirAll(ts.MkAbs(args[0]), 0o777))
	ts.Check(peft.Write(ts.MkAbs(args[0]), a))
}

// waves are n numbers of no pattern that a low rank has.
func waves(n, seed int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = 0.3 * float32(math.Sin(float64((i+1)*(i+7*seed+3))))
	}
	return values
}

func readTensors(ts *testscript.TestScript, path string) []safetensors.Data {
	f, err := safetensors.Open(path)
	ts.Check(err)
	defer f.Close()
	var tensors []safetensors.Data
	for _, t := range f.Tensors() {
		d := safetensors.Data{Name: t.Name, Shape: t.Shape, Values: make([]float32, checkpoint.Entries(t.Shape))}
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
