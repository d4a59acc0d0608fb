package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// How large files may be that are read as a whole.
const (
	maxConfig    = 16 << 20
	maxIndex     = 256 << 20
	maxTokenizer = 1 << 30
)

// readConfig reads a config.json and its model_type.
func readConfig(path string) (config []byte, modelType string, err error) {
	data, err := readFile(path, maxConfig)
	if err != nil {
		return nil, "", err
	}
	data = nullConstants(data)
	modelType, err = modelTypeOf(data)
	return data, modelType, err
}

func modelTypeOf(config []byte) (string, error) {
	top, err := parseObject(config)
	if err != nil {
		return "", err
	}
	raw, ok := top["model_type"]
	if !ok {
		return "", hint.With(errors.New("has no model_type"), "is it the config.json of a model that transformers loads?")
	}
	var modelType string
	if err := json.Unmarshal(raw, &modelType); err != nil || modelType == "" {
		return "", fmt.Errorf("model_type: found %.80s, expected a string", raw)
	}
	return modelType, nil
}

// parseObject reads a JSON object. Of a key that comes twice the last counts, as
// in Python.
func parseObject(data []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("is not valid UTF-8")
	}
	if bytes.HasPrefix(data, []byte("\uFEFF")) {
		return nil, hint.With(errors.New("begins with a byte order mark"), "save it as UTF-8 without one")
	}
	var top map[string]json.RawMessage
	err := json.Unmarshal(data, &top)
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, fmt.Errorf("byte %d: %w", s.Offset, err)
	}
	if err != nil || top == nil {
		return nil, errors.New("is not a JSON object")
	}
	return top, nil
}

// nullConstants replaces NaN, Infinity and -Infinity, which Python writes into JSON
// and no one else reads, by null.
func nullConstants(data []byte) []byte {
	if !bytes.Contains(data, []byte("NaN")) && !bytes.Contains(data, []byte("Infinity")) {
		return data
	}
	out := make([]byte, 0, len(data))
	quoted := false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\' && i+1 < len(data):
			out = append(out, c)
			i++
		case c == '"':
			quoted = !quoted
		case !quoted:
			if n := constant(data[i:]); n > 0 {
				out = append(out, "null"...)
				i += n - 1
				continue
			}
		}
		out = append(out, data[i])
	}
	return out
}

// constant is the length of the constant that data begins with.
func constant(data []byte) int {
	for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(data, []byte(word)) {
			return len(word)
		}
	}
	return 0
}

// readFile reads a regular file of at most limit bytes, and not an empty one.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, cause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, cause(err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("has more than %d bytes", limit)
	}
	if len(data) == 0 {
		return nil, hint.With(errors.New("is empty"), "download or copy it again")
	}
	return data, nil
}

// cause is a file's error without its path, which the caller names.
func cause(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}
