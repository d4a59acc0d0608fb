package checkpoint

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/tokenizer"
)

func oneLine(t *testing.T, err error) {
	t.Helper()
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
}

// No index leads out of the folder.
func FuzzIndex(f *testing.F) {
	for _, s := range []string{`{"metadata": {}, "weight_map": {"a": "b.safetensors"}}`, `{"weight_map": {"a": "../b"}}`, `{"weight_map": 1}`, `{"weight_map": {"a": "b/../../c"}}`, `[`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseIndex(data)
		if err != nil {
			oneLine(t, err)
			return
		}
		if len(m.files()) == 0 || len(m.tensors()) < len(m.files()) {
			t.Errorf("%d tensors in %d files", len(m.tensors()), len(m.files()))
		}
		for _, name := range m.files() {
			if path := filepath.Join("/models/x", name); path != "/models/x" && !strings.HasPrefix(path, "/models/x/") {
				t.Errorf("%q leads to %s", name, path)
			}
		}
	})
}

// What is taken as config.json is JSON that a plugin can read, and Python's
// constants change nothing else.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{config, `{"a": NaN, "b": "NaN\\", "model_type": "x"}`, `{"a": [-Infinity]}`, "\uFEFF{}", `{"model_type": 1}`, `{"a": "\ud800"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		clean := nullConstants(data)
		if json.Valid(data) && !bytes.Equal(clean, data) {
			t.Errorf("%q became %q", data, clean)
		}
		modelType, err := modelTypeOf(clean)
		if err != nil {
			oneLine(t, err)
			return
		}
		var read map[string]any
		if err := json.Unmarshal(clean, &read); err != nil || read["model_type"] != modelType {
			t.Errorf("%q: %v, got %q", clean, err, modelType)
		}
	})
}

// The files beside tokenizer.json never spoil it: tokens that it has keep their ids.
func FuzzSpecialTokens(f *testing.F) {
	small := gunzip(f, "../tokenizer/testdata/words.json.gz")
	plain, err := tokenizer.FromJSON(small, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"eos_token": "</s>", "added_tokens_decoder": {"1": {"content": "a"}}}`))
	f.Add([]byte(`{"bos_token": {"__type": "AddedToken", "content": "<s>"}, "extra_special_tokens": ["a", "b"]}`))
	f.Add([]byte(`{"image_token": "<image>", "extra_special_tokens": {"a": "b"}, "bos_token": null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := parseObject(data)
		if err != nil {
			oneLine(t, err)
			return
		}
		s := specialTokens{tokens: map[string]string{}, plain: true}
		own := takeOwnRoles(&o)
		if listed, ok := o.get("added_tokens_decoder"); ok {
			if s.listed, err = readListed(listed); err != nil {
				oneLine(t, err)
				return
			}
		}
		if err := s.readNamed(o, own); err != nil {
			return
		}
		got, err := s.build(small, nil)
		if err != nil {
			return // such as two tokens that are the same when normalized
		}
		for id := range int32(plain.VocabSize()) {
			want, _ := plain.Token(id)
			if now, _ := got.Token(id); now != want {
				t.Fatalf("id %d was %q, is %q", id, want, now)
			}
		}
	})
}
