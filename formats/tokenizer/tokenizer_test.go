package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// small is a tokenizer.json that the tests put parts into.
func small(parts string) []byte {
	return []byte(`{"version":"1.0",` + parts + `"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"<unk>":3,"▁":4},"merges":["a b"],"unk_token":"<unk>"}}`)
}

func fromJSONText(t *testing.T, data []byte) *Tokenizer {
	t.Helper()
	tok, err := FromJSON(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func encode(t *testing.T, tok *Tokenizer, text string) string {
	t.Helper()
	ids, err := tok.Encode(text, true)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(spell(tok, ids), "|")
}

func TestInvalidUTF8NamesTheOffset(t *testing.T) {
	tok := fromJSONText(t, small(""))
	for text, want := range map[string]InvalidUTF8Error{
		"\xff":               {0, 0xFF},
		"ab\uFFFD\xc3":       {5, 0xC3},
		"é\xed\xa0\x80":      {2, 0xED},
		"a\xf4\x90\x80\x80b": {1, 0xF4},
	} {
		_, err := tok.Encode(text, true)
		var invalid *InvalidUTF8Error
		if !errors.As(err, &invalid) || *invalid != want {
			t.Errorf("%q: got %v, want %v", text, err, &want)
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	bpe := func(model string) string { return `{"model":{"type":"BPE",` + model + `}}` }
	for _, c := range []struct{ data, want string }{
		{`{`, "byte 1: unexpected end of JSON input"},
		{"{\"a\":\"\xff\"}", "is not valid UTF-8"},
		{`[]`, "found an array, expected an object"},
		{`{"version":"2.0"}`, `version: found "2.0", expected "1.0"`},
		{`{"version":"1.0"}`, "model: found nothing, expected an object"},
		{`{"model":{"type":"WordPiece"}}`, `model.type: the model "WordPiece" is not supported`},
		{`{"model":{"vocab":{}}}`, "model.type: found nothing, expected the model's type"},
		{bpe(`"vocab":[]`), "model.vocab: found an array, expected an object of token ids"},
		{bpe(`"vocab":{"a":-1,"b":-2},"merges":[]`), `model.vocab["a"]: found -1, expected a token id from 0 to 2147483646`},
		{bpe(`"vocab":{"a":0}`), "model.merges: found nothing, expected"},
		{bpe(`"vocab":{"a":0},"merges":["a"]`), `model.merges[0]: found "a", expected two tokens with a space between`},
		{bpe(`"vocab":{"a":0},"merges":[["a","a","a"]]`), "model.merges[0]: found 3 strings, expected 2"},
		{bpe(`"vocab":{"a":0},"merges":["a a"]`), `model.merges[0]: the token "aa" is not in the vocabulary`},
		{bpe(`"vocab":{"a":0},"merges":[],"dropout":0.1`), "model.dropout: found 0.1, but only tokenizers without dropout"},
		{bpe(`"vocab":{"a":0},"merges":[],"fuse_unk":1`), "model.fuse_unk: found the number 1, expected true or false"},
		{`{"model":{"type":"Unigram","vocab":[["a"]]}}`, `model.vocab[0]: found 1 values, expected ["token", score]`},
		{`{"model":{"type":"Unigram","vocab":[["a","b"]]}}`, "model.vocab[0][1]: found a string, expected a number"},
		{`{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":1}}`, "model.unk_id: found 1, but there are 1 tokens"},
		{string(small(`"normalizer":{"type":"BertNormalizer"},`)), `normalizer.type: the normalizer "BertNormalizer" is not supported`},
		{string(small(`"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"X"}]},`)), `normalizer.normalizers[1].type: the normalizer "X" is not supported`},
		{string(small(`"normalizer":{"type":"Replace","pattern":{"Regex":"a{9}{9}"},"content":""},`)), `normalizer.pattern.Regex: regex "a{9}{9}": byte 4: a quantifier on a quantifier is not supported`},
		{string(small(`"normalizer":{"type":"Replace","pattern":{},"content":""},`)), "normalizer.pattern: expected String or Regex in it"},
		{string(small(`"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAA="},`)), "normalizer.precompiled_charsmap: found 2 bytes, expected at least the trie's size"},
		{string(small(`"pre_tokenizer":{"type":"UnicodeScripts"},`)), `pre_tokenizer.type: the pre-tokenizer "UnicodeScripts" is not supported`},
		{string(small(`"pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"X"},`)), `pre_tokenizer.behavior: the behavior "X" is not supported`},
		{string(small(`"pre_tokenizer":{"type":"Metaspace","replacement":"ab"},`)), `pre_tokenizer.replacement: found "ab", expected one character`},
		{string(small(`"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"last"},`)), `pre_tokenizer.prepend_scheme: the scheme "last" is not supported`},
		{string(small(`"post_processor":{"type":"X"},`)), `post_processor.type: the post-processor "X" is not supported`},
		{string(small(`"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}}],"special_tokens":{}},`)), "post_processor.special_tokens.<s>: found nothing, expected an object"},
		{string(small(`"post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B"}}],"special_tokens":{}},`)), `post_processor.single[0].Sequence.id: found "B", but a single text has the sequence A only`},
		{string(small(`"decoder":{"type":"CTC"},`)), `decoder.type: the decoder "CTC" is not supported`},
		{string(small(`"added_tokens":[{"content":"x"}],`)), "added_tokens[0].single_word: found nothing, expected true or false"},
	} {
		_, err := FromJSON([]byte(c.data), nil)
		if err == nil || !strings.HasPrefix(err.Error(), "tokenizer.json: "+c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.data, err, c.want)
		}
	}
}

func TestConfigNamesBOSAndEOS(t *testing.T) {
	data := small(`"post_processor":{"type":"BertProcessing","cls":["b",1],"sep":["b",1]},`)
	for _, c := range []struct{ config, bos, eos, ids string }{
		{`{}`, "", "", "b|a|b"},
		{`{"bos_token":"ab","eos_token":{"content":"<unk>","lstrip":false}}`, "ab", "<unk>", "b|a|b"},
		{`{"bos_token":"ab","eos_token":"b","add_bos_token":true}`, "ab", "b", "ab|a"},
		{`{"bos_token":"ab","eos_token":"b","add_bos_token":false,"add_eos_token":true}`, "ab", "b", "a|b"},
		{`{"bos_token":null,"add_bos_token":true}`, "", "", "a"},
	} {
		tok, err := FromJSON(data, []byte(c.config))
		if err != nil {
			t.Fatal(err)
		}
		if got := encode(t, tok, "a"); tok.BOS() != c.bos || tok.EOS() != c.eos || got != c.ids {
			t.Errorf("%s: got BOS %q, EOS %q, ids %s", c.config, tok.BOS(), tok.EOS(), got)
		}
	}
	named, err := FromJSON(data, []byte(`{"pad_token":"b","image_token":{"content":"ab"},"sep_token":null,"add_bos_token":false,"extra_special_tokens":{"mask_1":"a"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := named.Special(); !maps.Equal(got, map[string]string{"pad_token": "b", "image_token": "ab", "mask_1": "a"}) {
		t.Errorf("special tokens are %v", got)
	}
	// As transformers 5.24 has it, by TokenizersBackend.__init__.
	padded := small(`"padding":{"strategy":"BatchLongest","pad_id":3,"pad_token":"<unk>"},`)
	for config, want := range map[string]string{`{"eos_token":"b"}`: "<unk>", `{"pad_token":null}`: "", `{"pad_token":"ab"}`: "ab"} {
		tok, err := FromJSON(padded, []byte(config))
		if err != nil {
			t.Fatal(err)
		}
		if got := tok.Special()["pad_token"]; got != want {
			t.Errorf("%s: got the pad token %q, want %q", config, got, want)
		}
	}
	for config, want := range map[string]string{
		`{"bos_token":"zz","add_bos_token":true}`: `tokenizer_config.json: bos_token: "zz" is not in the vocabulary`,
		`{"extra_special_tokens":{"a":1}}`:        "tokenizer_config.json: extra_special_tokens.a: found the number 1, expected an object",
		`{"eos_token":[]}`:                        "tokenizer_config.json: eos_token: found an array, expected an object",
	} {
		if _, err := FromJSON(data, []byte(config)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", config, err, want)
		}
	}
}

func TestLookups(t *testing.T) {
	flags := `"single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}`
	tok := fromJSONText(t, small(`"added_tokens":[{"id":3,"content":"<unk>",`+flags+`,{"id":9,"content":"<new>",`+flags+`],`))
	if tok.VocabSize() != 6 {
		t.Errorf("VocabSize is %d, want 6: <new> comes behind the model's five tokens", tok.VocabSize())
	}
	for token, id := range map[string]int32{"ab": 2, "<unk>": 3, "<new>": 5} {
		got, ok := tok.ID(token)
		name, named := tok.Token(id)
		if !ok || got != id || !named || name != token {
			t.Errorf("%q: ID %d, Token(%d) %q", token, got, id, name)
		}
	}
	if _, ok := tok.ID("zz"); ok {
		t.Error("zz has an id")
	}
	if _, ok := tok.Token(99); ok {
		t.Error("99 has a token")
	}
	if _, err := tok.Decode([]int32{1, -1}, false); err == nil || err.Error() != "id -1 at position 1 is negative" {
		t.Errorf("got %v", err)
	}
}

func TestMissingUnknownTokenIsAnError(t *testing.T) {
	for _, model := range []string{
		`{"type":"WordLevel","vocab":{"a":0},"unk_token":"?"}`,
		`{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"?"}`,
		`{"type":"Unigram","vocab":[["a",-1]]}`,
	} {
		tok := fromJSONText(t, []byte(`{"model":`+model+`}`))
		if _, err := tok.Encode("z", true); err == nil || !strings.Contains(err.Error(), "not in the vocabulary") {
			t.Errorf("%s: got %v", model, err)
		}
	}
}

func TestSplitBehaviors(t *testing.T) {
	for how, want := range map[string]string{
		"Removed":            "a|b|c",
		"Isolated":           "-|a|-|b|-|-|c|-",
		"MergedWithPrevious": "-|a-|b-|-|c-",
		"MergedWithNext":     "-a|-b|-|-c|-",
		"Contiguous":         "-|a|-|b|--|c|-",
	} {
		p, err := readPreTokenizer(node{"p", json.RawMessage(`{"type":"Split","pattern":{"String":"-"},"behavior":"` + how + `","invert":false}`)})
		if err != nil {
			t.Fatal(err)
		}
		pieces, err := p.split([]piece{{text: "-a-b--c-", id: noID}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range pieces {
			got = append(got, p.text)
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s: got %q, want %s", how, got, want)
		}
	}
}

func TestNormalFormsHaveNoLimitOfMarks(t *testing.T) {
	nfc, nfd := unicodeForm("NFC").(formNormalizer), unicodeForm("NFD").(formNormalizer)
	marks := strings.Repeat("\u0301\u0323", 40)
	if got, want := nfd.text("a"+marks), "a"+strings.Repeat("\u0323", 40)+strings.Repeat("\u0301", 40); got != want {
		t.Errorf("NFD: got %q", got)
	}
	if got, want := nfc.text("a"+marks), "ạ"+strings.Repeat("\u0323", 39)+strings.Repeat("\u0301", 40); got != want {
		t.Errorf("NFC: got %q", got)
	}
}

func TestLongAndShortNormalFormsAgree(t *testing.T) {
	texts, _ := readGolden(t)
	for _, name := range []string{"NFC", "NFD", "NFKC", "NFKD"} {
		f := unicodeForm(name).(formNormalizer)
		for _, text := range texts {
			if got, want := string(f.appendLong(nil, text)), f.form.String(text); got != want && !strings.Contains(want, "\u034F") {
				t.Errorf("%s of %q: got %q, want %q", name, text, got, want)
			}
		}
	}
}

func TestBytesThatAreNoUTF8(t *testing.T) {
	for in, want := range map[string]string{
		"a\xffb": "a\uFFFDb", "\xe2\x82": "\uFFFD", "\xe2\x82\xe2\x82\xac": "\uFFFD€", "\xf0\x9f\x98": "\uFFFD",
		"\xc0\x80": "\uFFFD\uFFFD", "\xed\xa0\x80": "\uFFFD\uFFFD\uFFFD", "\xf4\x90\x80": "\uFFFD\uFFFD\uFFFD", "": "", "é": "é",
	} {
		if got := validUTF8([]byte(in)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// The values are those that `tokenizers` writes back; the first five are not the
// nearest to what is read.
func TestScoresAreReadAsTokenizersReadsThem(t *testing.T) {
	for number, want := range map[string]float64{
		"-3.0123284804704786": -3.012328480470478, "-14.825037124029805": -14.825037124029803,
		"-1.2806287645399461": -1.280628764539946, "-15.164604925736347": -15.164604925736349,
		"-14.376478481316061": -14.37647848131606, "-1e-5": -1e-05, "0": 0, "-12": -12, "-3.5e2": -350,
		"-12345678901234567890123": -1.2345678901234568e+22, "-0.12345678901234567890123": -0.12345678901234568,
		"-1.7976931348623157e308": -1.7976931348623157e+308, "-5e-300": -5e-300, "3": 3,
		"-1234567890.123456789e-7":                     -123.45678901234568,
		"-0.00000000000000000000001234567890123456789": -1.2345678901234567e-23,
	} {
		if got, err := readFloat(number); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", number, got, err, want)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	tok := load(t, "gpt2")
	texts, all := readGolden(t)
	var wg sync.WaitGroup
	errs := make(chan error, 4)
	for range 4 {
		wg.Go(func() {
			for i, want := range all[0].IDs[:500] {
				if got, err := tok.Encode(texts[i], true); err != nil || !slices.Equal(got, want) {
					errs <- fmt.Errorf("%q: got %v, %v", texts[i], got, err)
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
}

func FuzzFromJSON(f *testing.F) {
	for _, parts := range []string{
		`"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},`,
		`"pre_tokenizer":{"type":"Split","pattern":{"Regex":"\\s+(?!\\S)|[^\\r\\n\\p{L}]?\\p{L}+"},"behavior":"Isolated","invert":true},`,
		`"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true},"decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"},`,
		`"normalizer":{"type":"Precompiled","precompiled_charsmap":"CAAAAAEEAAABAgAAYQA="},"decoder":{"type":"Strip","content":" ","start":1,"stop":2},`,
		`"added_tokens":[{"id":5,"content":"<s>","single_word":true,"lstrip":true,"rstrip":true,"normalized":true,"special":true}],"normalizer":{"type":"NFKC"},`,
		`"post_processor":{"type":"RobertaProcessing","cls":["a",0],"sep":["b",1]},"decoder":{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Fuse"}]},`,
	} {
		f.Add(small(parts), "ab <s> é\u0301 \n\n1")
	}
	f.Add([]byte(`{"model":{"type":"Unigram","vocab":[["<unk>",0],["a",-1],["▁a",-2],["<0xC3>",-9]],"unk_id":0,"byte_fallback":true}}`), "aé a")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		if len(data) > 2000 || len(text) > 100 {
			return
		}
		tok, err := FromJSON(data, nil)
		if err != nil {
			return
		}
		ids, err := tok.Encode(text, true)
		if err != nil {
			return
		}
		for _, id := range ids {
			if id < 0 {
				t.Fatalf("negative id in %v", ids)
			}
		}
		if _, err := tok.Decode(ids, false); err != nil {
			t.Fatal(err)
		}
	})
}
