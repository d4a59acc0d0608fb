package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/neuralnuggets/nugget/formats/hint"
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
	o, err := parseObject(config)
	if err != nil {
		return "", err
	}
	raw, ok := o.get("model_type")
	if !ok {
		return "", hint.With(errors.New("has no model_type"), "is it the config.json of a model that transformers loads?")
	}
	var modelType string
	if err := json.Unmarshal(raw, &modelType); err != nil || modelType == "" {
		return "", fmt.Errorf("model_type: found %.80s, expected a string", raw)
	}
	return modelType, nil
}

// defaultToken is the token id that config.json has under key, -1 where it has none.
// Of several the first counts.
func (c *Checkpoint) defaultToken(key string) int32 {
	o, err := parseObject(c.config)
	if err != nil {
		return -1 // Open has read it, so this can't happen
	}
	raw := o.values[key]
	var ids []int32
	if json.Unmarshal(raw, &ids) == nil && len(ids) > 0 {
		return ids[0]
	}
	id := int32(-1)
	if raw == nil || string(raw) == "null" || json.Unmarshal(raw, &id) != nil {
		return -1
	}
	return id
}
