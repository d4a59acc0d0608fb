package checkpoint

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// wrong checks an error's text, with $ for the folder, and that there is a hint
// that has the given words.
func wrong(t *testing.T, name string, err error, folder, want, advice string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", name)
		return
	}
	if got := strings.ReplaceAll(err.Error(), folder, "$"); got != want {
		t.Errorf("%s: got %s, want %s", name, got, want)
	}
	if got := hint.Of(err); (got == "") != (advice == "") || !strings.Contains(got, advice) {
		t.Errorf("%s: got hint %q, want %q in it", name, got, advice)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: more than one line", name)
	}
}

func TestModelsThatCannotBeOpened(t *testing.T) {
	good := shard(t, map[string]float32{"a": 1})
	for name, v := range map[string]struct {
		files        map[string]string
		want, advice string
	}{
		"empty folder":     {nil, "$: is an empty folder", "give a HuggingFace folder"},
		"no config":        {map[string]string{weights: good}, "$: has no config.json", "give a HuggingFace folder"},
		"adapter":          {map[string]string{"adapter_config.json": "{}"}, "$: is a PEFT adapter, not a model: it has adapter_config.json and no config.json", "the model that the adapter was made for"},
		"original format":  {map[string]string{"params.json": "{}"}, "$: has no config.json: params.json is of the model's original format", "HuggingFace version"},
		"two GGUF files":   {map[string]string{"b.gguf": "", "a.GGUF": ""}, "$: has 2 .gguf files and no config.json", "a.GGUF, b.gguf"},
		"empty config":     {map[string]string{"config.json": ""}, "$/config.json: is empty", "again"},
		"config no JSON":   {map[string]string{"config.json": "{\"a\": }"}, "$/config.json: byte 6: invalid character '}' looking for beginning of value", ""},
		"config array":     {map[string]string{"config.json": "[]"}, "$/config.json: is not a JSON object", ""},
		"config null":      {map[string]string{"config.json": "null"}, "$/config.json: is not a JSON object", ""},
		"config not UTF-8": {map[string]string{"config.json": "{\"\xff\": 1}"}, "$/config.json: byte 2: 0xFF is not valid UTF-8", ""},
		"config BOM":       {map[string]string{"config.json": "\uFEFF{}"}, "$/config.json: begins with a byte order mark", "without one"},
		"config too large": {map[string]string{"config.json": strings.Repeat(" ", maxConfig+1)}, "$/config.json: has 16777217 bytes, expected at most 16777216", ""},
		"no model_type":    {map[string]string{"config.json": "{}"}, "$/config.json: has no model_type", "transformers"},
		"model_type list":  {map[string]string{"config.json": `{"model_type": ["a"]}`}, `$/config.json: model_type: found ["a"], expected a string`, ""},
		"model_type empty": {map[string]string{"config.json": `{"model_type": ""}`}, `$/config.json: model_type: found "", expected a string`, ""},
		"config a folder":  {map[string]string{"config.json/x": ""}, "$/config.json: is not a regular file", ""},
		"no weights":       {map[string]string{"config.json": config}, "$: has no model.safetensors and no model.safetensors.index.json", "fetch the whole model"},
		"PyTorch weights": {map[string]string{"config.json": config, "pytorch_model.bin": "x"},
			"$: has no model.safetensors and no model.safetensors.index.json, only pytorch_model.bin, which can run code when it is loaded", "save_pretrained"},
		"PyTorch shards": {map[string]string{"config.json": config, "pytorch_model.bin.index.json": "{}", "pytorch_model-00001-of-00002.bin": ""},
			"$: has no model.safetensors and no model.safetensors.index.json, only pytorch_model.bin, which can run code when it is loaded", "save_pretrained"},
		"config and GGUF": {map[string]string{"config.json": config, "m.gguf": "x"}, "$: has no model.safetensors and no model.safetensors.index.json", "the .gguf file itself"},
		"other names": {map[string]string{"config.json": config, "consolidated.safetensors": good},
			"$: has no model.safetensors and no model.safetensors.index.json, only safetensors files of other names", "as transformers does"},
		"weights a folder": {map[string]string{"config.json": config, weights + "/x": ""}, "$/model.safetensors: is not a regular file", ""},
		"weights empty":    {map[string]string{"config.json": config, weights: ""}, "$/model.safetensors: is empty", "again"},
		"weights truncated": {map[string]string{"config.json": config, weights: good[:len(good)-1]},
			"$/model.safetensors: is truncated: the tensors take 4 bytes, the file has 3 of them", "again"},
		"LFS pointer": {map[string]string{"config.json": config, weights: "version https://git-lfs.github.com/spec/v1\n"}, "$/model.safetensors: is a Git LFS pointer, not the tensors", "git lfs pull"},
	} {
		root := folder(t, v.files)
		_, err := Open(root)
		wrong(t, name, err, root, v.want, v.advice)
	}
}

func TestIndexesThatCannotBeRead(t *testing.T) {
	for name, v := range map[string]struct{ list, want, advice string }{
		"empty":            {"", "$/" + index + ": is empty", "again"},
		"no JSON":          {"{", "$/" + index + ": byte 0: unexpected end of JSON input", ""},
		"array":            {"[1]", "$/" + index + ": is not a JSON object", ""},
		"no weight_map":    {"{}", "$/" + index + ": has no weight_map", ""},
		"empty weight_map": {`{"weight_map": {}}`, "$/" + index + ": weight_map: expected an object of tensors and their files", ""},
		"list":             {`{"weight_map": ["a"]}`, "$/" + index + ": weight_map: expected an object of tensors and their files", ""},
		"number":           {`{"weight_map": {"a": 1}}`, "$/" + index + ": weight_map: expected an object of tensors and their files", ""},
		"no shard":         {`{"weight_map": {"a": "b.safetensors"}}`, "$/" + index + ": names the shard b.safetensors, which does not exist", "fetch the model again"},
		"no tensor": {`{"weight_map": {"a": "a.safetensors", "b": "a.safetensors"}}`,
			"$/" + index + `: names tensor "b" in a.safetensors, but no shard has it`, "different versions"},
		"out of the folder": {`{"weight_map": {"a": "../a.safetensors"}}`,
			"$/" + index + `: weight_map: tensor "a": found file "../a.safetensors", expected one in the folder`, ""},
		"absolute":  {`{"weight_map": {"a": "/a.safetensors"}}`, "$/" + index + `: weight_map: tensor "a": found file "/a.safetensors", expected one in the folder`, ""},
		"no name":   {`{"weight_map": {"a": ""}}`, "$/" + index + `: weight_map: tensor "a": found file "", expected one in the folder`, ""},
		"bad shard": {`{"weight_map": {"a": "bad.safetensors"}}`, "$/bad.safetensors: has 3 bytes, expected at least 8: the header's length", "again"},
		"a folder":  {`{"weight_map": {"a": "."}}`, "$: is not a regular file", ""},
	} {
		root := folder(t, map[string]string{"config.json": config, index: v.list, "a.safetensors": shard(t, map[string]float32{"a": 1}), "bad.safetensors": "bad"})
		_, err := Open(root)
		wrong(t, name, err, root, v.want, v.advice)
	}
}

func TestPathsThatAreNoModel(t *testing.T) {
	t.Setenv("HF_HUB_CACHE", t.TempDir())
	root := folder(t, map[string]string{"empty.gguf": "", "a.bin": "x", "a.txt": "x", weights: "x", index: "{}", "config.json": "{}", "bad.gguf": "this is no GGUF file at all, it only has the name of one"})
	for name, v := range map[string]struct{ want, advice string }{
		"nothing":      {"$/nothing: does not exist", "give a HuggingFace folder"},
		"no/file.gguf": {"$/no/file.gguf: does not exist", "give a HuggingFace folder"},
		"empty.gguf":   {"$/empty.gguf: is an empty file", "again"},
		"a.bin":        {"$/a.bin: is a PyTorch file", "save_pretrained"},
		"a.txt":        {"$/a.txt: is not a .gguf file", "give a HuggingFace folder"},
		weights:        {"$/model.safetensors: is one file of a HuggingFace model", "give its folder: $"},
		index:          {"$/model.safetensors.index.json: is one file of a HuggingFace model", "give its folder: $"},
		"config.json":  {"$/config.json: is one file of a HuggingFace model", "give its folder: $"},
	} {
		_, err := Open(filepath.Join(root, filepath.FromSlash(name)))
		wrong(t, name, err, root, v.want, strings.ReplaceAll(v.advice, "$", root))
	}
	if _, err := Open(filepath.Join(root, "bad.gguf")); err == nil || !strings.HasPrefix(err.Error(), filepath.Join(root, "bad.gguf")+": ") {
		t.Errorf("got %v", err)
	}
	_, err := Open("")
	wrong(t, "no name", err, root, "the model's name is empty", "give a HuggingFace folder")
	_, err = Open("model.gguf")
	wrong(t, "a file that isn't here", err, root, "model.gguf: does not exist", "give a HuggingFace folder")
}

func TestLinksToNothingAreNamed(t *testing.T) {
	root := folder(t, map[string]string{"config.json": config})
	if err := os.Symlink(filepath.Join(root, "gone"), filepath.Join(root, weights)); err != nil {
		t.Fatal(err)
	}
	_, err := Open(root)
	wrong(t, "dangling weights", err, root, "$: model.safetensors is a link to nothing", "fetch the model again")
}

func TestTokenizersThatCannotBeLoaded(t *testing.T) {
	model := map[string]string{"config.json": config, weights: shard(t, nil)}
	small := string(gunzip(t, "../tokenizer/testdata/gpt2.json.gz"))
	for name, v := range map[string]struct {
		files        map[string]string
		want, advice string
	}{
		"none":               {nil, "$: has no tokenizer.json", "input_ids"},
		"SentencePiece only": {map[string]string{"tokenizer.model": "x"}, "$: has no tokenizer.json, only tokenizer.model", "AutoTokenizer"},
		"words only":         {map[string]string{"vocab.json": "{}", "merges.txt": ""}, "$: has no tokenizer.json, only vocab.json", "AutoTokenizer"},
		"empty":              {map[string]string{"tokenizer.json": ""}, "$/tokenizer.json: is empty", "again"},
		"no JSON":            {map[string]string{"tokenizer.json": "{"}, "$: tokenizer.json: byte 1: unexpected end of JSON input", ""},
		"config no JSON":     {map[string]string{"tokenizer.json": small, "tokenizer_config.json": "{]"}, "$/tokenizer_config.json: byte 1: invalid character ']' looking for beginning of object key string", ""},
		"config array":       {map[string]string{"tokenizer.json": small, "tokenizer_config.json": "[]"}, "$/tokenizer_config.json: is not a JSON object", ""},
		"role a number":      {map[string]string{"tokenizer.json": small, "tokenizer_config.json": `{"eos_token": 1}`}, "$/tokenizer_config.json: eos_token: found 1, expected a token", ""},
		"map's role a list":  {map[string]string{"tokenizer.json": small, "special_tokens_map.json": `{"eos_token": [1]}`}, "$/special_tokens_map.json: eos_token: found [1], expected a token", ""},
		"flag a number":      {map[string]string{"tokenizer.json": small, "tokenizer_config.json": `{"eos_token": {"content": "a", "lstrip": 1}}`}, `$/tokenizer_config.json: eos_token: found {"content": "a", "lstrip": 1}, expected a token`, ""},
		"listed":             {map[string]string{"tokenizer.json": small, "tokenizer_config.json": `{"added_tokens_decoder": {"1": {}}}`}, "$/tokenizer_config.json: added_tokens_decoder: 1: expected an object with content", ""},
		"listed a list":      {map[string]string{"tokenizer.json": small, "tokenizer_config.json": `{"added_tokens_decoder": []}`}, "$/tokenizer_config.json: added_tokens_decoder: expected an object of ids and tokens", ""},
		"extra a number":     {map[string]string{"tokenizer.json": small, "tokenizer_config.json": `{"extra_special_tokens": 1}`}, "$/tokenizer_config.json: extra_special_tokens: found 1, expected a list of tokens", ""},
		"extra's token null": {map[string]string{"tokenizer.json": small, "tokenizer_config.json": `{"additional_special_tokens": [null]}`}, "$/tokenizer_config.json: extra_special_tokens[0]: found null, expected a token", ""},
	} {
		files := maps.Clone(model)
		maps.Copy(files, v.files)
		root := folder(t, files)
		_, err := open(t, root).Tokenizer()
		wrong(t, name, err, root, v.want, v.advice)
	}
}
