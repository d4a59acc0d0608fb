package archcheck

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// Without a checkpoint a sound plugin is asked about what its own descriptions need.
func TestSyntheticChecksASoundPlugin(t *testing.T) {
	p := sound()
	p.GGUFArchitectures = []string{"gg"}
	results := Synthetic(asked(p))
	var seen []string
	for _, r := range results {
		if !r.Sound() {
			t.Errorf("%s about %s: %v", r.Check, r.About, r.Problems)
		}
		seen = append(seen, r.Check+" of "+r.About)
	}
	got := strings.Join(seen, "; ")
	for _, want := range []string{
		"description of test, the usual keys; PEFT paths of test, the usual keys; parameters of test, the usual keys; purity of test, the usual keys; errors of test, the usual keys",
		"description of test, no other key", "errors of GGUF gg, the usual keys", "description of GGUF gg, no other key", "; purity of ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
}

// A plugin may look at the tensors.
func TestSyntheticTensorsAreThoseDescribed(t *testing.T) {
	tied := func(when bool) sdk.Plugin {
		p := sound()
		p.Describe = func(req *archpb.DescribeRequest) (*archpb.Model, error) {
			m, err := describeSound(req)
			if err == nil && sdk.HasTensor(req, "head.weight") == when {
				m.Epilogue[0].GetLinear().Module.TiedTo = "embed"
			}
			return m, err
		}
		return p
	}
	// Without tensors the head is tied, and so it stays, for no tensor is asked for.
	if got := lines(Synthetic(asked(tied(false)))...); got != "" {
		t.Error(got)
	}
	want := "description: found a description that changes with the tensors it asks for, expected one that a checkpoint can have: give a MODEL"
	if got := lines(Synthetic(asked(tied(true)))...); !strings.Contains(got, want) {
		t.Errorf("%q, expected %q", got, want)
	}
}

func TestSyntheticFindsWhatIsWrong(t *testing.T) {
	refuse := func(text string) func(*archpb.DescribeRequest) (*archpb.Model, error) {
		return func(*archpb.DescribeRequest) (*archpb.Model, error) { return nil, errors.New(text) }
	}
	for _, c := range []struct {
		name     string
		describe func(*archpb.DescribeRequest) (*archpb.Model, error)
		want     string // "": nothing is wrong
	}{
		{"a good refusal", refuse("config.json: n_embd is missing"), ""},
		{"a good refusal for a tensor", refuse(`the checkpoint has no tensor "embed.weight"`), ""},
		{"a vague refusal", refuse("cannot do that"), `description: found the error "cannot do that", expected one that names config.json and the key, or the tensor`},
		{"a long refusal", refuse("config.json: no\nwidth"), "description: found an error of several lines"},
		{"a panic", func(*archpb.DescribeRequest) (*archpb.Model, error) { panic("oh") }, "description: found that the plugin panicked: oh, expected a description or an error"},
		{"an unsound description", func(req *archpb.DescribeRequest) (*archpb.Model, error) {
			m, err := describeSound(req)
			if err == nil {
				m.Blocks[0].Steps[0].In = []string{"nowhere"}
			}
			return m, err
		}, `description: found a description that the host refuses: block "layer" step 1 (norm layers.{layer}.norm): in: value "nowhere" is not set before this step, expected one that it takes, or an error`},
		{"a key that is taken as it is", func(req *archpb.DescribeRequest) (*archpb.Model, error) {
			m, err := describeSound(req)
			if err == nil && strings.Contains(string(req.Config), `"hidden_size":{`) {
				m.Family = "other"
			}
			return m, err
		}, `errors: config.json with hidden_size {"nugget_archtest":1}: found another description`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := sound()
			p.Describe = c.describe
			got := lines(Synthetic(asked(p))...)
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q, expected %q", got, c.want)
			}
		})
	}
	silent := asked(sound())
	silent.Info = func() (*archpb.InfoResponse, error) { return nil, fmt.Errorf("no") }
	if got := Synthetic(silent); got != nil {
		t.Errorf("a plugin of no name was checked: %v", got)
	}
}
