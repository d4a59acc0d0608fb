package tokenizer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// FromJSON reads a HuggingFace tokenizer.json and, unless nil, the
// tokenizer_config.json beside it. Of the latter it takes the special tokens that
// have a name (bos_token, image_token, those of an extra_special_tokens that is an
// object) and, where either is there, add_bos_token and add_eos_token: they then
// replace the post-processor, as in transformers.
//
// Errors name the path of what is wrong in tokenizer.json or
// tokenizer_config.json.
func FromJSON(tokenizerJSON, tokenizerConfigJSON []byte) (*Tokenizer, error) {
	t, err := fromJSON(tokenizerJSON)
	if err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	if tokenizerConfigJSON != nil {
		if err := t.configure(tokenizerConfigJSON); err != nil {
			return nil, fmt.Errorf("tokenizer_config.json: %w", err)
		}
	}
	return t, nil
}

// checkJSON says where data stops being JSON.
func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		return fmt.Errorf("is not valid UTF-8")
	}
	var all json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		if s, ok := err.(*json.SyntaxError); ok {
			return fmt.Errorf("byte %d: %w", s.Offset, err)
		}
		return err
	}
	return nil
}

func fromJSON(data []byte) (*Tokenizer, error) {
	if err := checkJSON(data); err != nil {
		return nil, err
	}
	top, err := node{"", data}.object()
	if err != nil {
		return nil, fmt.Errorf("found %s, expected an object", node{"", data}.kind())
	}
	if version := top.get("version"); !version.null() {
		if v, err := version.text(); err != nil || v != "1.0" {
			return nil, fmt.Errorf("version: found %s, expected \"1.0\"", version.raw)
		}
	}
	t := &Tokenizer{}
	if t.model, err = readModel(top.get("model")); err != nil {
		return nil, err
	}
	if n := top.get("normalizer"); !n.null() {
		if t.normalizer, err = readNormalizer(n); err != nil {
			return nil, err
		}
	}
	if n := top.get("pre_tokenizer"); !n.null() {
		if t.splitter, err = readPreTokenizer(n); err != nil {
			return nil, err
		}
	}
	if n := top.get("post_processor"); !n.null() {
		if t.templates, err = readPostProcessor(n); err != nil {
			return nil, err
		}
	}
	if n := top.get("decoder"); !n.null() {
		if t.decoder, err = readDecoder(n); err != nil {
			return nil, err
		}
	}
	if t.added, err = readAddedTokens(top.get("added_tokens"), t.model, t.normalizer); err != nil {
		return nil, err
	}
	// Padding is the caller's, but what it names is the pad token, as in transformers.
	if padding, err := top.get("padding").object(); err == nil {
		if token, err := padding.get("pad_token").text(); err == nil {
			t.special = map[string]string{"pad_token": token}
		}
	}
	return t.measure(), nil
}

// readModel tells a model without a type by its fields, as files written before
// `tokenizers` 0.10 need it.
func readModel(n node) (model, error) {
	o, err := n.object()
	if err != nil {
		return nil, err
	}
	kind := "BPE"
	if typ := o.get("type"); !typ.null() {
		if kind, err = typ.text(); err != nil {
			return nil, err
		}
	} else if o.get("merges").null() {
		return nil, fmt.Errorf("%s: found nothing, expected the model's type", typ.path)
	}
	switch kind {
	case "BPE":
		return readBPE(o)
	case "Unigram":
		return readUnigram(o)
	case "WordLevel":
		return readWordLevel(o)
	}
	return nil, o.unsupported("model", kind)
}

// readVocab reads {"token": id, ...}.
func readVocab(n node) (map[string]int32, error) {
	var raw map[string]int64
	if err := n.read(&raw, "an object of token ids"); err != nil {
		return nil, err
	}
	vocab := make(map[string]int32, len(raw))
	bad := ""
	for token, id := range raw {
		if id < 0 || id > maxTokenID {
			bad = min(cmp.Or(bad, token), token)
		}
		vocab[token] = int32(id)
	}
	if id, ok := raw[bad]; ok {
		if _, err := checkID(fmt.Sprintf("%s[%q]", n.path, bad), id); err != nil {
			return nil, err
		}
	}
	return vocab, nil
}
