package checkpoint

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func gunzip(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The golden's cases come from transformers: testdata/make_tokenizers.py.
func TestSpecialTokensAreThoseOfTransformers(t *testing.T) {
	var golden struct {
		Texts []string
		Cases []struct {
			Tokenizer, BOS, EOS, Error string
			Files                      map[string]json.RawMessage
			IDs                        [][]int32
			Special                    map[string]string // nil: the class has tokens of its own
		}
	}
	if err := json.Unmarshal(gunzip(t, "testdata/tokenizers.json.gz"), &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) < 400 {
		t.Fatalf("%d cases", len(golden.Cases))
	}
	small := map[string][]byte{}
	for i, c := range golden.Cases {
		if small[c.Tokenizer] == nil {
			small[c.Tokenizer] = gunzip(t, "../tokenizer/testdata/"+c.Tokenizer+".json.gz")
		}
		if c.Error != "" {
			continue
		}
		folder := t.TempDir()
		c.Files["tokenizer.json"] = small[c.Tokenizer]
		for name, content := range c.Files {
			if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		config := c.Files["config.json"]
		ck := &Checkpoint{path: folder, format: HuggingFace, config: bytes.TrimSpace(config)}
		tok, err := ck.loadTokenizer()
		if err != nil {
			t.Errorf("case %d: %v", i, err)
			continue
		}
		if tok.BOS() != c.BOS || tok.EOS() != c.EOS {
			t.Errorf("case %d: got BOS %q and EOS %q, want %q and %q", i, tok.BOS(), tok.EOS(), c.BOS, c.EOS)
		}
		if c.Special != nil && !maps.Equal(tok.Special(), c.Special) {
			t.Errorf("case %d: got the special tokens %v, want %v", i, tok.Special(), c.Special)
		}
		for j, text := range golden.Texts {
			ids, err := tok.Encode(text, true)
			if err != nil || !slices.Equal(ids, c.IDs[j]) {
				t.Errorf("case %d: %q: got %v, %v, want %v\n%s\n%s", i, text, ids, err, c.IDs[j], c.Files["tokenizer_config.json"], c.Files["special_tokens_map.json"])
			}
		}
	}
}
