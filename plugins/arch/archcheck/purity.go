package archcheck

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Marshal is a description as it is compared: byte for byte.
func Marshal(m *archpb.Model) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return []byte(err.Error())
	}
	return b
}

// checkPurity asks again, and again with the configuration written otherwise.
func checkPurity(target Target, c Checkpoint, model *archpb.Model) Result {
	r := Result{Check: "purity", About: c.Name}
	want := Marshal(model)
	config, err := parse(c.Config)
	if err == nil && config.obj == nil {
		err = errors.New("another value")
	}
	if err != nil {
		r.add(unreadable(err))
		return r
	}
	unknown := config.clone()
	unknown.object().add("nugget_archtest", "a key that no class has")
	asked := []struct {
		what   string
		config []byte
	}{
		{"the same request again", c.Config},
		{"the configuration's keys in another order", config.write(true)},
		{"the configuration without white space", config.write(false)},
		{"an unknown key in the configuration", unknown.write(false)},
	}
	for _, again := range asked {
		other := c
		other.Config = again.config
		got, err := target.Describe(other.Request())
		switch {
		case errors.Is(err, ErrStop):
			return r
		case err != nil:
			r.add(Problem{Subject: again.what, Found: told(err), Expected: "the same description as before"})
		case !bytes.Equal(Marshal(got), want):
			r.add(Problem{Subject: again.what, Found: "another description", Expected: "the same, byte for byte"})
		}
	}
	r.Detail = fmt.Sprintf("the same description %d times", 1+len(asked))
	return r
}

// Together asks about all checkpoints one after another and then at once.
func Together(target Target, checkpoints ...Checkpoint) Result {
	r := Result{Check: "purity"}
	var sound []Checkpoint
	var want [][]byte
	for _, c := range checkpoints {
		m, err := target.Describe(c.Request())
		if errors.Is(err, ErrStop) {
			return r
		}
		if err == nil { // else Check says so
			sound, want = append(sound, c), append(want, Marshal(m))
		}
	}
	got := make([][]byte, len(sound))
	errs := make([]error, len(sound))
	var wg sync.WaitGroup
	for i := range sound {
		wg.Go(func() {
			m, err := target.Describe(sound[i].Request())
			if errs[i] = err; err == nil {
				got[i] = Marshal(m)
			}
		})
	}
	wg.Wait()
	for i := range sound {
		const expected = "the same as when it is asked alone"
		switch subject := sound[i].Name + ", asked beside the others"; {
		case errors.Is(errs[i], ErrStop):
			return r
		case errs[i] != nil:
			r.add(Problem{Subject: subject, Found: told(errs[i]), Expected: expected})
		case !bytes.Equal(want[i], got[i]):
			r.add(Problem{Subject: subject, Found: "another description", Expected: expected})
		}
	}
	if len(sound) == 0 {
		return r
	}
	r.Detail = fmt.Sprintf("asked about %s at once", count(len(sound), "checkpoint"))
	return r
}
