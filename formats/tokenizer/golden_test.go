package tokenizer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// golden is what the `tokenizers` package makes of the strings; see
// testdata/make.py.
type golden struct {
	Name                    string
	IDs                     [][]int32
	Plain, Decoded, Skipped uint32
}

func readGolden(t testing.TB) (texts []string, all []golden) {
	t.Helper()
	lines := bufio.NewScanner(bytes.NewReader(gunzip(t, "testdata/golden.gz")))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		line := lines.Bytes()
		if texts == nil {
			var first struct{ Strings []string }
			if err := json.Unmarshal(line, &first); err != nil {
				t.Fatal(err)
			}
			texts = first.Strings
			continue
		}
		var g golden
		if err := json.Unmarshal(line, &g); err != nil {
			t.Fatal(err)
		}
		all = append(all, g)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return texts, all
}

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

func load(t testing.TB, name string) *Tokenizer {
	t.Helper()
	tok, err := FromJSON(gunzip(t, "testdata/"+name+".json.gz"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestIDsAndTextsAreThoseOfTokenizers(t *testing.T) {
	texts, all := readGolden(t)
	if len(texts) < 5000 || len(all) < 15 {
		t.Fatalf("found %d texts and %d tokenizers", len(texts), len(all))
	}
	for _, g := range all {
		t.Run(g.Name, func(t *testing.T) {
			tok := load(t, g.Name)
			wrong := 0
			plain := make([][]int32, len(g.IDs))
			for i, want := range g.IDs {
				got, err := tok.Encode(texts[i], true)
				if err != nil {
					t.Fatalf("%q: %v", texts[i], err)
				}
				if !slices.Equal(got, want) {
					if wrong++; wrong <= 10 {
						t.Errorf("%q:\n got %v %q\nwant %v %q", texts[i], got, spell(tok, got), want, spell(tok, want))
					}
				}
				if plain[i], err = tok.Encode(texts[i], false); err != nil {
					t.Fatal(err)
				}
				if plain[i] == nil {
					plain[i] = []int32{}
				}
			}
			if wrong > 0 {
				t.Errorf("%d of %d texts have other ids", wrong, len(g.IDs))
			}
			checkSums(t, tok, g, plain)
		})
	}
}

// checkSums compares what golden.gz has the CRC-32 of only.
func checkSums(t *testing.T, tok *Tokenizer, g golden, plain [][]int32) {
	t.Helper()
	data, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	if crc32.ChecksumIEEE(data) != g.Plain {
		t.Error("the ids without special tokens differ")
	}
	for _, c := range []struct {
		skip bool
		want uint32
	}{{false, g.Decoded}, {true, g.Skipped}} {
		decoded := make([]string, len(g.IDs))
		for i, ids := range g.IDs {
			if decoded[i], err = tok.Decode(ids, c.skip); err != nil {
				t.Fatal(err)
			}
		}
		if crc32.ChecksumIEEE([]byte(strings.Join(decoded, "\x00"))) != c.want {
			t.Errorf("the texts decoded with skipSpecial %v differ", c.skip)
		}
	}
}

func spell(tok *Tokenizer, ids []int32) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i], _ = tok.Token(id)
	}
	return out
}
