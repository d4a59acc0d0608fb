package checkpoint

import (
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

func TestMetadataAsJSON(t *testing.T) {
	long := make([]int32, maxArray+1)
	values := map[string]any{
		"text":      "a\"\n<é>\u2028",
		"not UTF-8": "a\xffb",
		"yes":       true,
		"int8":      int8(-128), "uint8": uint8(255), "int16": int16(-32768), "uint16": uint16(65535),
		"int32": int32(math.MinInt32), "uint32": uint32(math.MaxUint32),
		"int64": int64(math.MinInt64), "uint64": uint64(math.MaxUint64),
		"float32": float32(1e-5), "float64": 1e-5, "large": float32(1e6), "huge": 1e300, "zero": math.Copysign(0, -1),
		"NaN": float32(math.NaN()), "Inf": math.Inf(1), "-Inf": float32(math.Inf(-1)),
		"bytes": []uint8{1, 2}, "floats": []float32{0.5, float32(math.Inf(1))}, "texts": []string{"<s>", ""}, "empty": []int32{},
		"flags": []bool{true, false}, "nested": []any{[]int32{1}, []string{"a"}, long},
		"1024": long[:maxArray], "1025": long,
	}
	keys := []string{"text", "not UTF-8", "yes", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "large",
		"huge", "zero", "NaN", "Inf", "-Inf", "bytes", "floats", "texts", "empty", "flags", "nested", "1025"}
	got := string(metadataJSON(keys, values))
	want := `{"text":"a\"\n<é>\u2028","not UTF-8":"a\ufffdb","yes":true,"int8":-128,"uint8":255,"int16":-32768,"uint16":65535,` +
		`"int32":-2147483648,"uint32":4294967295,"int64":-9223372036854775808,"uint64":18446744073709551615,` +
		`"float32":0.000009999999747378752,"float64":0.00001,"large":1000000,"huge":1e+300,"zero":-0,"NaN":null,"Inf":null,"-Inf":null,` +
		`"bytes":[1,2],"floats":[0.5,null],"texts":["<s>",""],"empty":[],"flags":[true,false],"nested":[[1],["a"],{"length":1025}],"1025":{"length":1025}}`
	if got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	if !json.Valid([]byte(got)) {
		t.Error("is not JSON")
	}
	if n := strings.Count(string(metadataJSON([]string{"1024"}, values)), ","); n != maxArray-1 {
		t.Errorf("%d elements", n)
	}
	if got := string(metadataJSON(nil, nil)); got != "{}" {
		t.Errorf("got %s", got)
	}
}

func TestAGGUFFile(t *testing.T) {
	root := filepath.Join("..", "..", "testdata", "tiny", "gguf")
	file := filepath.Join(root, "model.gguf")
	for _, model := range []string{root, file} {
		c := open(t, model)
		if c.Path() != file || c.Format() != GGUF || c.Format().String() != "GGUF" || c.ModelType() != "llama" || len(c.Files()) != 1 || c.Files()[0] != file {
			t.Errorf("%s %s %s %v", c.Path(), c.Format(), c.ModelType(), c.Files())
		}
		var metadata map[string]any
		if err := json.Unmarshal(c.Config(), &metadata); err != nil || metadata["general.architecture"] != "llama" {
			t.Errorf("%v: %s", err, c.Config())
		}
		if got := c.File("token_embd.weight"); got != file {
			t.Errorf("file: %s", got)
		}
		tok, err := c.Tokenizer()
		if err != nil || tok.EOS() == "" {
			t.Errorf("tokenizer: %v", err)
		}
	}
}

func TestChatTemplateOfAGGUFFile(t *testing.T) {
	c := &Checkpoint{path: "m.gguf", format: GGUF, metadata: map[string]any{"tokenizer.chat_template": "{{ a }}\r\n"}}
	if got, err := c.ChatTemplate(); err != nil || got.Source() != "{{ a }}\r\n" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, v := range []struct {
		template any
		want     string
	}{
		{"{{", "m.gguf: tokenizer.chat_template: chat template line 1: "},
		{1, "m.gguf: tokenizer.chat_template: found int, expected a string"},
	} {
		c.metadata["tokenizer.chat_template"] = v.template
		if _, err := c.ChatTemplate(); err == nil || !strings.HasPrefix(err.Error(), v.want) {
			t.Errorf("got %v, want %s", err, v.want)
		}
	}
	delete(c.metadata, "tokenizer.chat_template")
	if _, err := c.ChatTemplate(); err == nil || err.Error() != "m.gguf: has no chat template" {
		t.Errorf("got %v", err)
	}
}
