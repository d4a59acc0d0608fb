package checkpoint

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
)

const (
	weights = "model.safetensors"
	index   = "model.safetensors.index.json"
	convert = "convert it once, in Python: AutoModelForCausalLM.from_pretrained(folder).save_pretrained(folder)"
)

// openFolder opens a HuggingFace folder.
func (c *Checkpoint) openFolder() error {
	path := filepath.Join(c.path, "config.json")
	var err error
	if c.config, c.modelType, err = readConfig(path); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	c.files = append(c.files, path)
	name, err := c.weightsName()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	switch path := filepath.Join(c.path, filepath.FromSlash(name)); {
	case name == "":
		return c.noWeights()
	case strings.HasSuffix(name, ".index.json"):
		return c.openShards(path)
	default:
		return c.openShard(path)
	}
}

// weightsName is the file that holds the weights, or says where they are: the one
// that config.json's transformers_weights names, else by transformers' rule.
func (c *Checkpoint) weightsName() (string, error) {
	o, err := parseObject(c.config)
	if err != nil {
		return "", err
	}
	if raw, ok := o.get("transformers_weights"); ok && string(raw) != "null" {
		var name string
		if json.Unmarshal(raw, &name) != nil || !filepath.IsLocal(filepath.FromSlash(name)) ||
			!strings.HasSuffix(name, ".safetensors") && !strings.HasSuffix(name, ".safetensors.index.json") {
			return "", fmt.Errorf("transformers_weights: found %.80s, expected a .safetensors or .safetensors.index.json file in the folder", raw)
		}
		return name, nil
	}
	for _, name := range []string{weights, index} {
		if exists(filepath.Join(c.path, name)) {
			return name, nil
		}
	}
	return "", nil
}

// openShard takes in the tensors of one safetensors file.
func (c *Checkpoint) openShard(path string) error {
	f, err := safetensors.Open(path)
	if err != nil {
		return err
	}
	c.sources = append(c.sources, f)
	c.files = append(c.files, path)
	for _, t := range f.Tensors() {
		c.hold(f, Tensor(t))
	}
	return nil
}

// openShards takes in the shards that an index names, in the order of their names.
func (c *Checkpoint) openShards(path string) error {
	shards, err := readIndex(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	c.files = append(c.files, path)
	for _, name := range shards.files() {
		shard := filepath.Join(c.path, filepath.FromSlash(name))
		if !exists(shard) {
			return hint.With(fmt.Errorf("%s: names the shard %s, which does not exist", path, name),
				"the download is not complete: fetch the model again")
		}
		if err := c.openShard(shard); err != nil {
			return err
		}
	}
	for _, tensor := range shards.tensors() {
		if _, ok := c.held[tensor]; !ok {
			return hint.With(fmt.Errorf("%s: names tensor %q in %s, but no shard has it", path, tensor, shards[tensor]),
				"index and shards are of different versions of the model: fetch it again")
		}
	}
	return nil
}

// noWeights says what lies in the folder instead of safetensors.
func (c *Checkpoint) noWeights() error {
	names, err := list(c.path)
	if err != nil {
		return err
	}
	has := func(match func(string) bool) bool { return slices.ContainsFunc(names, match) }
	none := fmt.Sprintf("%s: has no %s and no %s", c.path, weights, index)
	switch {
	case slices.Contains(names, weights), slices.Contains(names, index):
		// Names without files: a link whose target is gone.
		return hint.With(fmt.Errorf("%s: %s is a link to nothing", c.path, weights), "the download is not complete: fetch the model again")
	case slices.Contains(names, "pytorch_model.bin"), slices.Contains(names, "pytorch_model.bin.index.json"):
		return hint.With(fmt.Errorf("%s, only pytorch_model.bin, which can run code when it is loaded", none), convert)
	case has(func(n string) bool { return strings.HasSuffix(n, ".gguf") }):
		return hint.With(fmt.Errorf("%s", none), "give the .gguf file itself")
	case has(func(n string) bool { return strings.HasSuffix(n, ".safetensors") }):
		return hint.With(fmt.Errorf("%s, only safetensors files of other names", none),
			"weights are read from files with these names, as transformers does")
	}
	return hint.With(fmt.Errorf("%s", none), "the folder holds no weights: fetch the whole model")
}
