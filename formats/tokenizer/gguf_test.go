package tokenizer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// ggufGolden is a line of testdata/gguf.jsonl.gz; see testdata/make_gguf.py.
type ggufGolden struct {
	Name    string
	Meta    map[string]json.RawMessage
	Special map[string]string
	IDs     [][]int32
}

func readGGUFGolden(t testing.TB) (all []ggufGolden) {
	t.Helper()
	lines := bufio.NewScanner(bytes.NewReader(gunzip(t, "testdata/gguf.jsonl.gz")))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var g ggufGolden
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		all = append(all, g)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// meta gives the values the types that a GGUF file gives them.
func (g ggufGolden) meta(t testing.TB) map[string]any {
	t.Helper()
	out := map[string]any{}
	for key, raw := range g.Meta {
		var err error
		switch key[strings.LastIndexByte(key, '.')+1:] {
		case "tokens", "merges":
			out[key], err = decodeAs[[]string](raw)
		case "scores":
			out[key], err = decodeAs[[]float32](raw)
		case "token_type":
			out[key], err = decodeAs[[]int32](raw)
		case "add_bos_token", "add_eos_token", "add_space_prefix":
			out[key], err = decodeAs[bool](raw)
		case "model", "pre", "architecture":
			out[key], err = decodeAs[string](raw)
		default:
			out[key], err = decodeAs[uint32](raw)
		}
		if err != nil {
			t.Fatal(key, err)
		}
	}
	return out
}

func decodeAs[T any](raw json.RawMessage) (v T, err error) { return v, json.Unmarshal(raw, &v) }

func TestGGUFIDsAreThoseOfTransformers(t *testing.T) {
	texts, _ := readGolden(t)
	all := readGGUFGolden(t)
	if len(all) < 12 {
		t.Fatalf("found %d files", len(all))
	}
	for _, g := range all {
		t.Run(g.Name, func(t *testing.T) {
			tok, err := FromGGUF(g.meta(t))
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(tok.Special(), g.Special) {
				t.Errorf("got the special tokens %v, want %v", tok.Special(), g.Special)
			}
			wrong, compared := 0, 0
			for i, want := range g.IDs {
				if want == nil {
					continue
				}
				compared++
				got, err := tok.Encode(texts[i], true)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, want) {
					if wrong++; wrong <= 5 {
						t.Errorf("%q:\n got %v %q\nwant %v %q", texts[i], got, spell(tok, got), want, spell(tok, want))
					}
				}
			}
			if wrong > 0 || compared < 1400 {
				t.Errorf("%d of %d texts have other ids", wrong, compared)
			}
		})
	}
}

func TestGGUFRolesAndPrefix(t *testing.T) {
	files := map[string]map[string]any{}
	for _, g := range readGGUFGolden(t) {
		files[g.Name] = g.meta(t)
	}
	llama := files["llama"]
	llama["tokenizer.ggml.add_space_prefix"] = false
	tok, err := FromGGUF(llama)
	if err != nil {
		t.Fatal(err)
	}
	if tok.BOS() != "<s>" || tok.EOS() != "</s>" {
		t.Errorf("BOS %q, EOS %q", tok.BOS(), tok.EOS())
	}
	ids, err := tok.Encode("x y", true)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(spell(tok, ids), "|"); got != "<s>|x|▁|y" {
		t.Errorf("without a prefix: got %s", got)
	}
	if text, err := tok.Decode(ids, true); err != nil || text != "x y" {
		t.Errorf("decoded %q, %v", text, err)
	}
}

func TestGGUFControlTokenOutsideTheByteAlphabetStaysWhole(t *testing.T) {
	tokens := []string{"<｜User｜>", "  ", "<end>"}
	for b := 0; b < 256; b++ {
		tokens = append(tokens, string(byteRune(byte(b))))
	}
	types := make([]int32, len(tokens))
	types[0], types[1], types[2] = ggufControl, ggufUserDefined, ggufControl
	tok, err := FromGGUF(map[string]any{
		"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.merges": []string{},
		"tokenizer.ggml.token_type": types, "tokenizer.ggml.eos_token_id": uint32(2),
	})
	if err != nil {
		t.Fatal(err)
	}
	ids, err := tok.Encode("a<｜User｜>  b<end>", true)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int32{3 + 'a', 0, 1, 3 + 'b', 2}; !slices.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
	if text, err := tok.Decode(ids, false); err != nil || text != "a<｜User｜>  b<end>" {
		t.Errorf("decoded %q, %v", text, err)
	}
	if text, err := tok.Decode(ids, true); err != nil || text != "a  b" {
		t.Errorf("decoded %q, %v", text, err)
	}
}

func TestGGUFErrorsNameTheKey(t *testing.T) {
	good := map[string]any{
		"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": []string{"<unk>", "a", "b", "ab"},
		"tokenizer.ggml.scores": []float32{0, -1, -2, -3}, "tokenizer.ggml.token_type": []int32{2, 1, 1, 1},
	}
	if _, err := FromGGUF(good); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key   string
		value any
		want  string
	}{
		{"tokenizer.ggml.model", "rwkv", `tokenizer.ggml.model: found "rwkv", expected "gpt2", "llama" or "gemma4"`},
		{"tokenizer.ggml.model", uint32(3), "tokenizer.ggml.model: found uint32, expected a string"},
		{"tokenizer.ggml.tokens", []string{}, "tokenizer.ggml.tokens: found none"},
		{"tokenizer.ggml.tokens", []float32{1}, "tokenizer.ggml.tokens: found []float32, expected []string"},
		{"tokenizer.ggml.scores", []float32{1}, "tokenizer.ggml.scores: found 1, expected one for each of the 4 tokens"},
		{"tokenizer.ggml.token_type", []int32{1}, "tokenizer.ggml.token_type: found 1, expected one for each of the 4 tokens"},
		{"tokenizer.ggml.bos_token_id", uint32(9), "tokenizer.ggml.bos_token_id: found 9, but there are 4 tokens"},
		{"tokenizer.ggml.merges", []string{"a c"}, `tokenizer.ggml.merges[0]: the token "c" is not in the vocabulary`},
		{"tokenizer.ggml.add_bos_token", "yes", "tokenizer.ggml.add_bos_token: found string, expected a boolean"},
	} {
		meta := maps.Clone(good)
		meta[c.key] = c.value
		if _, err := FromGGUF(meta); err == nil || err.Error() != c.want {
			t.Errorf("%s = %v: got %v, want %s", c.key, c.value, err, c.want)
		}
	}
	meta := maps.Clone(good)
	meta["tokenizer.ggml.model"], meta["tokenizer.ggml.pre"] = "gpt2", "klingon"
	_, err := FromGGUF(meta)
	var pre *GGUFPreError
	if !errors.As(err, &pre) || pre.Pre != "klingon" || pre.Hint() == "" {
		t.Errorf("got %v", err)
	}
}
