package plugin

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	goplugin "github.com/hashicorp/go-plugin"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// maxHandshake bounds the first line, which holds a certificate of some 700 bytes.
const maxHandshake = 8 << 10

// handshake is a plugin's standard output: what is written is the plugin's, what is
// read go-plugin's. Only the first line passes, and then the end, when the process
// is gone. Whatever follows the first line is the plugin's chatter.
type handshake struct {
	chatter io.Writer
	gone    <-chan struct{}

	mu    sync.Mutex
	part  []byte
	first string
	heard chan struct{} // closed when first is complete

	unread []byte // Read's
	passed bool
}

func newHandshake(chatter io.Writer, gone <-chan struct{}) *handshake {
	return &handshake{chatter: chatter, gone: gone, heard: make(chan struct{})}
}

func (h *handshake) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	rest := p
	if h.first == "" {
		line, after, whole := bytes.Cut(p, []byte("\n"))
		h.part = append(h.part, line[:min(len(line), maxHandshake-len(h.part))]...)
		if !whole && len(h.part) < maxHandshake {
			return len(p), nil
		}
		h.first = string(h.part) + "\n"
		close(h.heard)
		rest = after
	}
	h.chatter.Write(rest)
	return len(p), nil
}

// Read implements go-plugin's view.
func (h *handshake) Read(p []byte) (int, error) {
	if !h.passed {
		h.passed = true
		select {
		case <-h.heard:
		case <-h.gone:
		}
		h.unread = []byte(h.line())
	}
	if len(h.unread) == 0 {
		<-h.gone
		return 0, io.EOF
	}
	n := copy(p, h.unread)
	h.unread = h.unread[n:]
	return n, nil
}

// Close implements io.ReadCloser.
func (h *handshake) Close() error { return nil }

// line is the first line, or what there is of it; "": nothing was printed.
func (h *handshake) line() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.first != "" {
		return h.first
	}
	return string(h.part)
}

// fault says what is wrong with the first line; "": it is a handshake of ours, or
// there is none.
//
// Its form is CORE|APP|NETWORK|ADDRESS|PROTOCOL|CERTIFICATE; go-plugin's
// docs/internals.md.
func (h *handshake) fault() string {
	if h.line() == "" {
		return ""
	}
	line := strings.TrimSpace(h.line())
	fields := strings.Split(line, "|")
	core, err := strconv.Atoi(fields[0])
	if err != nil || len(fields) < 4 {
		return fmt.Sprintf("printed %q on standard output, which belongs to the handshake", clip(printable([]byte(line)), 80))
	}
	if core != goplugin.CoreProtocolVersion {
		return fmt.Sprintf("speaks version %d of go-plugin's protocol, expected %d", core, goplugin.CoreProtocolVersion)
	}
	if want := strconv.Itoa(int(arch.Handshake().ProtocolVersion)); fields[1] != want {
		return fmt.Sprintf("speaks version %s of the plugin protocol, expected %s", clip(printable([]byte(fields[1])), 20), want)
	}
	if len(fields) < 5 || fields[4] != string(goplugin.ProtocolGRPC) {
		return "does not speak gRPC"
	}
	return ""
}

// clip cuts a text at n bytes.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "..."
}
