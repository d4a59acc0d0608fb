package seeds

import (
	"bytes"
	"strings"
	"testing"
)

// What is taken has as many labels as tokens, at most the maximum, and one that counts.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{
		`{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"text","text":"a"}]}]}`,
		`{"prompt":"a","completion":"b"}` + "\r\n\n" + `{"input_ids":[1,2],"labels":[-100,2]}`,
		"\uFEFF{\"input_ids\":[1,-2],\"labels\":[1.5]}", `{"messages":[{"role":"\ud800"}]}`, "[", "\xff",
	} {
		f.Add([]byte(s), 40)
	}
	e := with(f, "llama2+eos")
	f.Fuzz(func(t *testing.T, data []byte, limit int) {
		e := *e
		e.MaxLength = limit
		samples, err := e.Load(bytes.NewReader(data), "seeds.jsonl")
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		if limit == 0 {
			limit = defaultLength
		}
		last := 0
		for _, s := range samples {
			counts := false
			for i, label := range s.Labels {
				counts = counts || i > 0 && label != Ignored
				if label < 0 && label != Ignored || s.Tokens[i] < 0 {
					t.Errorf("line %d: token %d has label %d", s.Line, s.Tokens[i], label)
				}
			}
			if !counts || len(s.Labels) != len(s.Tokens) || len(s.Tokens) > limit || s.Line <= last {
				t.Errorf("%+v", s)
			}
			last = s.Line
		}
	})
}
