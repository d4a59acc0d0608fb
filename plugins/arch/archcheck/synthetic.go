package archcheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Synthetic checks a plugin without a checkpoint: on configurations with nothing but
// the model type, and with the keys that most have, each beside the tensors that the
// description itself asks for. A plugin may refuse them, as long as its errors are
// good ones; whether it is right about any real checkpoint they do not show.
func Synthetic(target Target) []Result {
	info, err := target.Info()
	if err != nil {
		return nil // Info says so
	}
	var results []Result
	var described []Checkpoint
	// try reports whether there is a description.
	try := func(c Checkpoint, breakKeys bool) bool {
		model, r := settle(target, &c)
		if model == nil {
			results = append(results, r...)
			return false
		}
		described = append(described, c)
		results = append(results, checkModel(target, c, model, breakKeys)...)
		return true
	}
	for _, kind := range kinds(info) {
		usual := try(kind.usual(), true)
		try(kind.bare(), !usual)
	}
	if len(described) > 1 {
		results = append(results, Together(target, described...))
	}
	return results
}

// settle finds tensors that a checkpoint of this configuration could have: those that
// the description of it needs. A plugin that looks at the tensors may describe another
// model once it sees them. Without a description there is a result instead.
func settle(target Target, c *Checkpoint) (*archpb.Model, []Result) {
	r := Result{Check: "description", About: c.Name}
	var before []byte
	for range 4 {
		model, err := target.Describe(c.Request())
		switch {
		case errors.Is(err, ErrStop):
			return nil, nil
		case faulty(err):
			r.add(Problem{Found: told(err), Expected: "a description or an error"})
			return nil, []Result{r}
		case err != nil:
			r.add(goodRefusal(err, *c)...)
			r.Detail = "refused: " + err.Error()
			return nil, []Result{r}
		}
		now := Marshal(model)
		if bytes.Equal(before, now) {
			return model, nil
		}
		before = now
		if c.Tensors, err = arch.Needed(model); err != nil {
			r.add(Problem{Found: "a description that the host refuses: " + err.Error(), Expected: "one that it takes, or an error"})
			return nil, []Result{r}
		}
	}
	r.add(Problem{Note: true, Found: "a description that changes with the tensors it asks for", Expected: "one that a checkpoint can have: give a MODEL"})
	return nil, []Result{r}
}

// goodRefusal wants one line that names the configuration, or a tensor.
func goodRefusal(err error, c Checkpoint) []Problem {
	text := err.Error()
	switch {
	case strings.Contains(strings.TrimSpace(text), "\n"):
		return []Problem{{Found: "an error of several lines: " + quoted(text), Expected: "one line"}}
	case !strings.Contains(text, c.source()) && !strings.Contains(text, "tensor"):
		return []Problem{{Found: told(err), Expected: "one that names " + c.source() + " and the key, or the tensor"}}
	}
	return nil
}

// kind is one model type, or one architecture of GGUF files.
type kind struct {
	name string
	gguf bool
}

func kinds(info *archpb.InfoResponse) []kind {
	var all []kind
	for _, name := range info.ModelTypes {
		all = append(all, kind{name: name})
	}
	for _, name := range info.GgufArchitectures {
		all = append(all, kind{name: name, gguf: true})
	}
	return all
}

// bare is a configuration with nothing but the type.
func (k kind) bare() Checkpoint {
	if k.gguf {
		return k.checkpoint("GGUF "+k.name+", no other key", map[string]any{"general.architecture": k.name})
	}
	return k.checkpoint(k.name+", no other key", map[string]any{"model_type": k.name})
}

// usual has the keys that most configurations of decoders have.
func (k kind) usual() Checkpoint {
	if !k.gguf {
		return k.checkpoint(k.name+", the usual keys", map[string]any{
			"model_type": k.name, "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
			"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128, "tie_word_embeddings": false,
		})
	}
	config := map[string]any{"general.architecture": k.name, "tokenizer.ggml.tokens": map[string]any{"length": 64}}
	for key, v := range map[string]any{
		"vocab_size": 64, "context_length": 128, "embedding_length": 32, "feed_forward_length": 48, "block_count": 2,
		"attention.head_count": 4, "attention.head_count_kv": 2, "attention.layer_norm_rms_epsilon": 1e-5,
		"attention.layer_norm_epsilon": 1e-5, "rope.freq_base": 1e4,
	} {
		config[k.name+"."+key] = v
	}
	return k.checkpoint("GGUF "+k.name+", the usual keys", config)
}

func (k kind) checkpoint(name string, config map[string]any) Checkpoint {
	raw, err := json.Marshal(config)
	if err != nil {
		panic(fmt.Sprintf("a configuration of ours: %v", err))
	}
	return Checkpoint{Name: name, GGUF: k.gguf, Config: raw}
}
