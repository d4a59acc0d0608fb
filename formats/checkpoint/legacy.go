package checkpoint

import (
	"encoding/json"
	"slices"
)

// takeOwnRoles takes the roles of the model's own that count more than any in
// special_tokens_map.json out of tokenizer_config.json: those given as strings, and
// extra_special_tokens where it is an object. additional_special_tokens is that
// list's old name.
func takeOwnRoles(config *object) object {
	if old, ok := config.get("additional_special_tokens"); ok && isNone(config.values["extra_special_tokens"]) {
		config.set("extra_special_tokens", old)
		config.remove("additional_special_tokens")
	}
	var own object
	for _, key := range slices.Clone(config.keys) {
		var token string
		if isOwnRole(key) && json.Unmarshal(config.values[key], &token) == nil && !isNone(config.values[key]) {
			own.set(key, config.values[key])
			config.remove(key)
		}
	}
	takeNamed(config, &own)
	return own
}

// takeNamed moves the tokens of an extra_special_tokens that is an object.
func takeNamed(config, own *object) {
	named, err := parseObject(config.values["extra_special_tokens"])
	if err != nil {
		return
	}
	config.remove("extra_special_tokens")
	for _, key := range named.keys {
		own.set(key, named.values[key])
	}
}

// mergeLegacy puts special_tokens_map.json over what tokenizer_config.json says. Of
// extra_special_tokens the lists are joined.
func mergeLegacy(config, own *object, legacy object) {
	for _, key := range legacy.keys {
		value := legacy.values[key]
		if key == "extra_special_tokens" {
			value = join(config.values[key], value)
		}
		config.set(key, value)
	}
	takeNamed(config, own)
}

// join is the list of two lists' tokens. Where either is no list, the
// second counts alone.
func join(first, second json.RawMessage) json.RawMessage {
	var all, more []json.RawMessage
	if isNone(first) || json.Unmarshal(first, &all) != nil || json.Unmarshal(second, &more) != nil {
		return second
	}
	both, err := json.Marshal(append(all, more...))
	if err != nil {
		return second
	}
	return both
}
