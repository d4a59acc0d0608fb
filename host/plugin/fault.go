package plugin

import (
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// maxMessage bounds what a plugin may say in an error.
const maxMessage = 1600

// fault is a plugin that did not do its part.
type fault struct {
	program *program
	what    string
	words   string // the plugin's last ones
}

func failed(p *program, what string, t *tail) error {
	f := &fault{program: p, what: what}
	if t != nil {
		f.words = t.words()
	}
	return f
}

func (f *fault) Error() string { return fmt.Sprintf("plugin %s %s", f.program.name, f.did()) }

// did is what the plugin did.
func (f *fault) did() string { return f.what + quote(f.words) }

// quote adds a plugin's last words to a line.
func quote(words string) string {
	if words == "" {
		return ""
	}
	return fmt.Sprintf("; its last words: %q", words)
}

// Hint says which file it is about.
func (f *fault) Hint() string {
	if f.program.attached != nil {
		return "start it again with NUGGET_PLUGIN_DEBUG=1, and give the address that it prints to --debug-plugin"
	}
	return fmt.Sprintf("the plugin is %s; replace or remove it", f.program.path)
}

// unsound is a description that is not taken.
type unsound struct {
	program *program
	err     error
	words   string
}

func (u *unsound) Error() string {
	return fmt.Sprintf("plugin %s: %v%s", u.program.name, u.err, quote(u.words))
}

func (u *unsound) Unwrap() error { return u.err }

// refused turns a failed call into a line: a crash, or what the plugin said.
func (x *session) refused(name string, err error) error {
	s := status.Convert(err)
	if s.Code() == codes.Internal && strings.Contains(s.Message(), "failed to unmarshal") {
		return failed(x.program, "sent an answer that is no message of the contract", x.tail())
	}
	switch s.Code() {
	case codes.Unavailable, codes.Canceled, codes.Internal, codes.Unknown:
		if how := x.exit(); how != "" {
			return failed(x.program, fmt.Sprintf("ended while it was asked to %s (%s)", name, how), x.tail())
		}
	case codes.Unimplemented:
		return failed(x.program, fmt.Sprintf("does not know %s", name), x.tail())
	case codes.ResourceExhausted:
		if strings.Contains(s.Message(), "larger than max") {
			return failed(x.program, fmt.Sprintf("sent an answer of more than %d MiB", arch.MaxMessage>>20), x.tail())
		}
	}
	if s.Code() == codes.Unavailable {
		return failed(x.program, "cannot be reached: "+oneLine(s.Message()), x.tail())
	}
	return &refusal{program: x.program, message: s.Message()}
}

// refusal is an answer: the plugin's own error.
type refusal struct {
	program *program
	message string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("plugin %s: %s", r.program.name, oneLine(r.message))
}

// oneLine is a plugin's message as a part of a line of ours.
func oneLine(message string) string {
	var parts []string
	for line := range strings.Lines(message) {
		if line = strings.TrimSpace(printable([]byte(line))); line != "" {
			parts = append(parts, line)
		}
	}
	return clip(strings.Join(parts, "; "), maxMessage)
}
