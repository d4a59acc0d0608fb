package wellformed

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func TestJSONNamesTheByte(t *testing.T) {
	for data, want := range map[string]string{
		`{"a": 1}`:             "",
		` [] `:                 "",
		`"\ud83d\ude00"`:       "",
		`"\\ud800"`:            "",
		`"\\\\ud800"`:          "",
		"\"é\"":                "",
		``:                     "byte 0: unexpected end of JSON input",
		`{"a": }`:              "byte 6: invalid character '}' looking for beginning of value",
		`{"a"`:                 "byte 3: unexpected end of JSON input",
		`{} {}`:                "byte 3: invalid character '{' after top-level value",
		"\"a\xff\"":            "byte 2: 0xFF is not valid UTF-8",
		"\"\xed\xa0\x80\"":     "byte 1: 0xED is not valid UTF-8",
		"\uFEFF{}":             "byte 0: invalid character 'ï' looking for beginning of value",
		`"a\ud800"`:            `byte 2: \ud800 is half a character`,
		`"\uDFFF"`:             `byte 1: \uDFFF is half a character`,
		`"\ud83dx\ude00"`:      `byte 1: \ud83d is half a character`,
		`"\ud83d\ud83d\ude00"`: `byte 1: \ud83d is half a character`,
		`"\\\ud800"`:           `byte 3: \ud800 is half a character`,
	} {
		got := ""
		if err := JSON([]byte(data)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", data, got, want)
		}
	}
}

// What passes keeps its text: U+FFFD only where it was written.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`"\ud83d\ude00"`, `{"\ud800":1}`, "\"\xff\"", `["\\\ufffd"]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if JSON(data) != nil {
			return
		}
		var s string
		if !utf8.Valid(data) || !json.Valid(data) {
			t.Fatalf("%q passed", data)
		}
		if json.Unmarshal(data, &s) != nil {
			return
		}
		again, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back string
		if err := json.Unmarshal(again, &back); err != nil || back != s {
			t.Fatalf("%q became %q", s, back)
		}
	})
}
