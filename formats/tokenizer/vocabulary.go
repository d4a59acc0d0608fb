package tokenizer

// vocabulary is a model's tokens and ids, both ways.
type vocabulary struct {
	ids   map[string]int32
	names map[int32]string
	last  int32
}

// newVocabulary takes over ids. Of tokens that share an id, the one that sorts
// first is the id's name.
func newVocabulary(ids map[string]int32) vocabulary {
	v := vocabulary{ids: ids, names: make(map[int32]string, len(ids)), last: noID}
	for token, id := range ids {
		if other, ok := v.names[id]; !ok || token < other {
			v.names[id] = token
		}
		v.last = max(v.last, id)
	}
	return v
}

func (v vocabulary) id(token string) (int32, bool) {
	id, ok := v.ids[token]
	return id, ok
}

func (v vocabulary) token(id int32) (string, bool) {
	token, ok := v.names[id]
	return token, ok
}

func (v vocabulary) tokens() int  { return len(v.ids) }
func (v vocabulary) maxID() int32 { return v.last }

// byteTokens are the ids of <0x00> to <0xFF>, noID where there is none.
func (v vocabulary) byteTokens() (ids [256]int32) {
	const hex = "0123456789ABCDEF"
	for b := range ids {
		ids[b] = noID
		if id, ok := v.ids["<0x"+hex[b>>4:b>>4+1]+hex[b&15:b&15+1]+">"]; ok {
			ids[b] = id
		}
	}
	return ids
}
