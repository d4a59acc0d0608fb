package archtest

import (
	"bytes"
	"fmt"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// marshal is a description as it would be compared: byte for byte.
func marshal(m *archpb.Model) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return []byte(err.Error())
	}
	return b
}

// checkPurity asks again, and again with the configuration written otherwise.
func checkPurity(target Target, c Checkpoint, model *archpb.Model) []error {
	want := marshal(model)
	config, err := parse(c.Config)
	if err != nil {
		return []error{fmt.Errorf("the test's own configuration: %w", err)}
	}
	unknown := config.clone()
	unknown.object().add("nugget_archtest", "a key that no class has")
	var problems []error
	for _, again := range []struct {
		what   string
		config []byte
	}{
		{"the same request", c.Config},
		{"the configuration's keys in another order", config.write(true)},
		{"the configuration without white space", config.write(false)},
		{"an unknown key in the configuration", unknown.write(false)},
	} {
		other := c
		other.Config = again.config
		got, err := target.describe(other.request())
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", again.what, err))
		} else if !bytes.Equal(marshal(got), want) {
			problems = append(problems, fmt.Errorf("%s gives another description", again.what))
		}
	}
	return problems
}

// checkTogether asks about all checkpoints one after another and then at once.
func checkTogether(target Target, checkpoints []Checkpoint) []error {
	want := make([][]byte, len(checkpoints))
	for i, c := range checkpoints {
		m, err := target.describe(c.request())
		if err != nil {
			return nil // check says so
		}
		want[i] = marshal(m)
	}
	got := make([][]byte, len(checkpoints))
	var wg sync.WaitGroup
	for i := range checkpoints {
		wg.Go(func() {
			if m, err := target.describe(checkpoints[i].request()); err == nil {
				got[i] = marshal(m)
			}
		})
	}
	wg.Wait()
	var problems []error
	for i := range checkpoints {
		if !bytes.Equal(want[i], got[i]) {
			problems = append(problems, fmt.Errorf("%s: asked beside the others the plugin gives another description", checkpoints[i].Name))
		}
	}
	return problems
}
