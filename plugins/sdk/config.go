package sdk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Config reads a checkpoint's configuration the way HuggingFace's classes do: a key
// that is missing or null has the class's default, an integer may be written as
// 4096.0. The first error is kept, later reads give zeros, and Err returns it: it
// names the key, what was found and what was expected.
type Config struct {
	source string // "config.json", or "metadata" of a GGUF file
	prefix string // before every key in messages
	values map[string]json.RawMessage
	alias  map[string][]string
	names  map[string]string // what keys are called in GGUF metadata
	err    *error            // shared with the objects within
}

// NewConfig reads the request's configuration.
func NewConfig(req *archpb.DescribeRequest) *Config {
	c := &Config{source: "config.json", err: new(error)}
	if req.GetFormat() == archpb.DescribeRequest_FORMAT_GGUF {
		c.source = "metadata"
	}
	dec := json.NewDecoder(bytes.NewReader(req.GetConfig()))
	if err := dec.Decode(&c.values); err != nil {
		c.fail("", "is no JSON object: %v", err)
	} else if _, err := dec.Token(); err != io.EOF {
		c.fail("", "goes on behind its JSON object")
	} else if c.values == nil {
		c.fail("", "is null, expected a JSON object")
	}
	return c
}

// Err is the first thing that was wrong.
func (c *Config) Err() error { return *c.err }

// Fail makes Err report that a key's value is not to be described: "config.json:
// hidden_act is "swish1", expected ...". It does nothing after another error.
func (c *Config) Fail(key, format string, args ...any) { c.fail(key, format, args...) }

func (c *Config) fail(key, format string, args ...any) {
	if *c.err != nil {
		return
	}
	where := c.source
	if key != "" {
		where += ": " + c.prefix + c.name(key)
	}
	*c.err = fmt.Errorf("%s %s", where, fmt.Sprintf(format, args...))
}

// Alias says that the class also reads a key under another name, as transformers'
// attribute_map does.
func (c *Config) Alias(key, other string) {
	if c.alias == nil {
		c.alias = make(map[string][]string)
	}
	c.alias[key] = append(c.alias[key], other)
}

// name is what a key is called in this configuration.
func (c *Config) name(key string) string {
	if name, ok := c.names[key]; ok {
		return name
	}
	if _, ok := c.values[key]; !ok {
		for _, other := range c.alias[key] {
			if _, ok := c.values[other]; ok {
				return other
			}
		}
	}
	return key
}

// raw finds a value; nil: missing or null.
func (c *Config) raw(key string) json.RawMessage {
	v, ok := c.values[c.name(key)]
	if !ok || string(v) == "null" {
		return nil
	}
	return v
}

// Has reports whether a key is there, and not null.
func (c *Config) Has(key string) bool { return c.raw(key) != nil }

// Null reports whether a key is there and null, which switches some things off that
// are on when the key is missing.
func (c *Config) Null(key string) bool {
	v, ok := c.values[c.name(key)]
	return ok && string(v) == "null"
}

// short is a value for a message.
func short(v json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Compact(&b, v); err != nil {
		return "no JSON"
	}
	if b.Len() > 60 {
		return b.String()[:60] + "..."
	}
	return b.String()
}
