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

func (f *fault) Error() string {
	text := fmt.Sprintf("plugin %s %s", f.program.name, f.what)
	if f.words != "" {
		text += fmt.Sprintf("; its last words: %q", f.words)
	}
	return text
}

// Hint says which file it is about.
func (f *fault) Hint() string {
	return fmt.Sprintf("the plugin is %s; replace or remove it", f.program.path)
}

// refused turns a failed call into a line: a crash, or what the plugin said.
func (x *session) refused(name string, err error) error {
	s := status.Convert(err)
	switch s.Code() {
	case codes.Unavailable, codes.Canceled, codes.Internal, codes.Unknown:
		if how := x.process.exit(); how != "" {
			return failed(x.program, fmt.Sprintf("ended while it was asked to %s (%s)", name, how), x.process.tail)
		}
	case codes.Unimplemented:
		return failed(x.program, fmt.Sprintf("does not know %s", name), x.process.tail)
	case codes.ResourceExhausted:
		if strings.Contains(s.Message(), "larger than max") {
			return failed(x.program, fmt.Sprintf("sent an answer of more than %d MiB", arch.MaxMessage>>20), nil)
		}
	}
	if s.Code() == codes.Unavailable {
		return failed(x.program, "cannot be reached: "+oneLine(s.Message()), x.process.tail)
	}
	return fmt.Errorf("plugin %s: %s", x.program.name, oneLine(s.Message()))
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
