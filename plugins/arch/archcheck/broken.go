package archcheck

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
func checkBroken(target Target, c Checkpoint, model *archpb.Model) Result {
	b := &breaker{target: target, checkpoint: c, want: Marshal(model), result: Result{Check: "errors", About: c.Name}}
	config, err := parse(c.Config)
	if err == nil && config.obj == nil {
		err = errors.New("another value")
	}
	if err != nil {
		b.result.add(unreadable(err))
		return b.result
	}
	for _, path := range config.paths() {
		v := config.at(path)
		wrong := json.RawMessage(`{"nugget_archtest":1}`)
		if v.obj != nil {
			wrong = json.RawMessage(`"nugget_archtest"`)
		}
		b.try(config, path, wrong, refused)
		b.try(config, path, nil, explained)
		if isNumber(v.raw) {
			b.try(config, path, json.RawMessage("-1"), refusedOrSound)
			b.try(config, path, json.RawMessage("0"), named)
			b.try(config, path, json.RawMessage("1e300"), named)
			b.try(config, path, json.RawMessage("0.37"), named)
			b.try(config, path, json.RawMessage(`"7"`), refused)
		}
	}
	b.whole("an empty configuration", nil)
	b.whole("half a configuration", c.Config[:len(c.Config)/2])
	b.whole("null for a configuration", []byte("null"))
	b.whole("a list for a configuration", []byte("[]"))
	b.survives("a configuration without keys", Checkpoint{GGUF: c.GGUF, Config: []byte("{}"), Tensors: c.Tensors})
	b.survives("no tensors", Checkpoint{GGUF: c.GGUF, Config: c.Config})
	b.result.Detail = fmt.Sprintf("%d broken configurations", b.asked)
	return b.result
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
	asked      int
	stopped    bool
	result     Result
}

// ask asks, and says where the plugin gives no answer at all. ok: there is one.
func (b *breaker) ask(subject string, c Checkpoint) (m *archpb.Model, err error, ok bool) {
	if b.stopped {
		return nil, nil, false
	}
	b.asked++
	m, err = b.target.Describe(c.Request())
	if b.stopped = errors.Is(err, ErrStop); b.stopped {
		return nil, err, false
	}
	if faulty(err) {
		b.result.add(Problem{Subject: subject, Found: told(err), Expected: "a description or an error"})
		return nil, err, false
	}
	if err != nil && strings.Contains(strings.TrimSpace(err.Error()), "\n") {
		b.result.add(Problem{Subject: subject, Found: "an error of several lines: " + quoted(err.Error()), Expected: "one line"})
	}
	return m, err, true
}

// try asks with another value at one place; raw nil takes the key away.
func (b *breaker) try(config value, path []string, raw json.RawMessage, may verdict) {
	key := path[len(path)-1]
	c := b.checkpoint
	c.Config = config.with(path, raw).write(false)
	subject := fmt.Sprintf("%s without %s", c.source(), strings.Join(path, "."))
	if raw != nil {
		subject = fmt.Sprintf("%s with %s %s", c.source(), strings.Join(path, "."), raw)
	}
	model, err, ok := b.ask(subject, c)
	if !ok {
		return
	}
	say := func(found, expected string) {
		b.result.add(Problem{Subject: subject, Found: found, Expected: expected})
	}
	switch {
	case err != nil && may == explained && strings.Contains(err.Error(), c.source()):
	case err != nil && !strings.Contains(err.Error(), key):
		say(told(err), "one that names "+key)
	case err != nil || may == named || may == explained || bytes.Equal(Marshal(model), b.want):
	case may == refused:
		say("another description", "an error that names "+key+", or the same description if it plays no part")
	default:
		if _, err := arch.New(model, c.Tensors); err != nil {
			say("a description that the host refuses: "+err.Error(), "a sound one, or an error that names "+key)
		}
	}
}

// whole asks with something that is no configuration at all.
func (b *breaker) whole(subject string, config []byte) {
	c := b.checkpoint
	c.Config = config
	switch _, err, ok := b.ask(subject, c); {
	case !ok:
	case err == nil:
		b.result.add(Problem{Subject: subject, Found: "a description", Expected: "an error that names " + c.source()})
	case !strings.Contains(err.Error(), c.source()):
		b.result.add(Problem{Subject: subject, Found: told(err), Expected: "one that names " + c.source()})
	}
}

// survives asks and takes any answer.
func (b *breaker) survives(subject string, c Checkpoint) { b.ask(subject, c) }
