package tokenizer

import "fmt"

// wordLevel knows whole words only.
type wordLevel struct {
	vocabulary
	unknown string
}

func readWordLevel(o object) (model, error) {
	ids, err := readVocab(o.get("vocab"))
	if err != nil {
		return nil, err
	}
	unknown, err := o.get("unk_token").text()
	return &wordLevel{newVocabulary(ids), unknown}, err
}

func (m *wordLevel) encode(dst []int32, word string) ([]int32, error) {
	id, ok := m.ids[word]
	if !ok {
		if id, ok = m.ids[m.unknown]; !ok {
			return dst, fmt.Errorf("the text has %q, which is not in the vocabulary; nor is the unknown token %q", word, m.unknown)
		}
	}
	return append(dst, id), nil
}
