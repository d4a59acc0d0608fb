package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// verdict is what a broken configuration may lead to.
type verdict int

const (
	// refused: the key is not read, or the error names it.
	refused verdict = iota
	// refusedOrSound: or the plugin takes the value and the host takes the description.
	refusedOrSound
	// named: whatever comes, an error names the key.
	named
	// explained: whatever comes, an error names the configuration. What stands in for
	// a missing key may contradict another key, which is then the one to name.
	explained
)

// checkBroken breaks each key of the configuration, and the configuration itself.
func checkBroken(target Target, c Checkpoint, model *archpb.Model) []error {
	b := &breaker{target: target, checkpoint: c, want: marshal(model)}
	config, err := parse(c.Config)
	if err != nil || config.obj == nil {
		return []error{fmt.Errorf("the test's own configuration is no JSON object: %v", err)}
	}
	for _, path := range config.paths() {
		v := config.at(path)
		wrong := json.RawMessage(`{"nugget_archtest":1}`)
		if v.obj != nil {
			wrong = json.RawMessage(`"nugget_archtest"`)
		}
		b.try(config, path, wrong, "an object or a string in its place", refused)
		b.try(config, path, nil, "no such key", explained)
		if isNumber(v.raw) {
			b.try(config, path, json.RawMessage("-1"), "-1", refusedOrSound)
			b.try(config, path, json.RawMessage("0"), "0", named)
			b.try(config, path, json.RawMessage("1e300"), "1e300", named)
			b.try(config, path, json.RawMessage("0.37"), "0.37", named)
			b.try(config, path, json.RawMessage(`"7"`), "a string", refused)
		}
	}
	b.whole("an empty configuration", nil)
	b.whole("half a configuration", c.Config[:len(c.Config)/2])
	b.whole("null for a configuration", []byte("null"))
	b.whole("a list for a configuration", []byte("[]"))
	b.survives("a configuration without keys", Checkpoint{GGUF: c.GGUF, Config: []byte("{}"), Tensors: c.Tensors})
	b.survives("no tensors", Checkpoint{GGUF: c.GGUF, Config: c.Config})
	return b.problems
}

func isNumber(raw json.RawMessage) bool {
	var n json.Number
	return len(raw) > 0 && raw[0] != '"' && raw[0] != 'n' && json.Unmarshal(raw, &n) == nil
}

// breaker asks about broken configurations and gathers what is wrong.
type breaker struct {
	target     Target
	checkpoint Checkpoint
	want       []byte
	problems   []error
}

func (b *breaker) fail(format string, args ...any) {
	b.problems = append(b.problems, fmt.Errorf(format, args...))
}

// panics reports whether the plugin's error is a panic, and says so.
func (b *breaker) panics(what string, err error) bool {
	var p *panicked
	if errors.As(err, &p) || err != nil && strings.Contains(err.Error(), "panicked: ") {
		b.fail("%s: the plugin %v", what, err)
		return true
	}
	return false
}

// try asks with another value at one place; raw nil takes the key away.
func (b *breaker) try(config value, path []string, raw json.RawMessage, what string, may verdict) {
	key := path[len(path)-1]
	what = fmt.Sprintf("%s: %s", strings.Join(path, "."), what)
	c := b.checkpoint
	c.Config = config.with(path, raw).write(false)
	model, err := b.target.describe(c.request())
	switch {
	case b.panics(what, err):
	case err != nil && !strings.Contains(err.Error(), key) && (may != explained || !strings.Contains(err.Error(), source(c))):
		b.fail("%s: the error does not name the key: %v", what, err)
	case err != nil && strings.Contains(err.Error(), "\n"):
		b.fail("%s: the error has more than one line: %v", what, err)
	case err != nil || may == named || may == explained || bytes.Equal(marshal(model), b.want):
	case may == refused:
		b.fail("%s: the plugin takes it and gives another description", what)
	default:
		if _, err := arch.New(model, c.Tensors); err != nil {
			b.fail("%s: the plugin takes it, but the host refuses the description: %v", what, err)
		}
	}
}

// whole asks with something that is no configuration at all.
func (b *breaker) whole(what string, config []byte) {
	c := b.checkpoint
	c.Config = config
	_, err := b.target.describe(c.request())
	switch {
	case b.panics(what, err):
	case err == nil:
		b.fail("%s: the plugin gives a description", what)
	case !strings.Contains(err.Error(), source(c)):
		b.fail("%s: the error does not name %s: %v", what, source(c), err)
	}
}

// source is what errors call the configuration.
func source(c Checkpoint) string {
	if c.GGUF {
		return "metadata"
	}
	return "config.json"
}

// survives asks and takes any answer but a panic.
func (b *breaker) survives(what string, c Checkpoint) {
	_, err := b.target.describe(c.request())
	b.panics(what, err)
}
