package archcheck

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzParse wants what is written again to mean what was read, with keys in either
// order, and every path to lead to a value.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a": 1.50, "b": {"c": [1, {"d": null}], "": "é"}, "e": false}`, `[]`, `null`, ``, `{"a":1,"a":2}`, `{"a":{"a":{"a":{}}}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := parse(text)
		if err != nil || v.obj == nil {
			return
		}
		want := decoded(t, text)
		for _, reverse := range []bool{false, true} {
			written := v.write(reverse)
			if got := decoded(t, written); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s was written as %s", text, written)
			}
			if again, err := parse(written); err != nil || !bytes.Equal(again.write(false), written) {
				t.Fatalf("%s is read as another: %v", written, err)
			}
		}
		for _, path := range v.paths() {
			v.at(path)
			if !json.Valid(v.with(path, nil).write(false)) || !json.Valid(v.with(path, json.RawMessage("7")).write(true)) {
				t.Fatalf("%s is no JSON without %q", text, path)
			}
		}
	})
}

func decoded(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
