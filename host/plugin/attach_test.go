//go:build unix

package plugin

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// byHand starts a plugin as its author does, and returns its address.
func byHand(t *testing.T, name string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(pluginFolder(t, name), prefix+name))
	cmd.Env = append(os.Environ(), "NUGGET_PLUGIN_DEBUG=1")
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := regexp.MustCompile(`--debug-plugin (\S+) MODEL`).FindStringSubmatch(lines.Text()); m != nil {
			go func() {
				for lines.Scan() {
					t.Log(lines.Text())
				}
			}()
			return cmd, m[1]
		}
	}
	t.Fatal("no address")
	return nil, ""
}

// A plugin that its author runs is asked, and neither started nor ended.
func TestAttachedPluginsAreAskedAndLeftAlone(t *testing.T) {
	cmd, address := byHand(t, "good0")
	dir := pluginFolder(t, "good1")
	cache := t.TempDir()
	for range 2 {
		set := New(Options{Debug: []string{address}, Dirs: []string{dir}, Cache: cache})
		if a, err := set.describe(t.Context(), wanted("good0"), request()); err != nil || len(a.Modules) != 4 {
			t.Fatalf("%v, %v", a, err)
		}
		list, err := set.List(t.Context())
		if err != nil || len(list) != 2 || list[0].Name != "good0" || list[0].Path != address || list[0].Hash != "" || list[0].Err != nil {
			t.Errorf("list %+v, %v", list, err)
		}
		set.Close()
		if !running(cmd.Process.Pid) {
			t.Fatal("the plugin has ended")
		}
	}
	if entries, _ := filepath.Glob(filepath.Join(cache, "*")); len(entries) > 1 { // good1's
		t.Errorf("cached %v", entries)
	}
	// Nor by a cleanup at the program's end.
	Cleanup()
	if !running(cmd.Process.Pid) {
		t.Error("the plugin has ended")
	}
}

// A plugin that stands at a breakpoint has no deadline.
func TestAttachedPluginsHaveNoDeadline(t *testing.T) {
	cmd, address := byHand(t, "good0")
	set := New(Options{Debug: []string{address}})
	defer set.Close()
	set.limits = limits{start: time.Millisecond, info: time.Millisecond, describe: time.Millisecond, stop: time.Millisecond}
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(700*time.Millisecond, func() { cmd.Process.Signal(syscall.SIGCONT) })
	begin := time.Now()
	if _, err := set.describe(t.Context(), wanted("good0"), request()); err != nil || time.Since(begin) < 500*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
	// But the user may lose patience.
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := set.describe(ctx, wanted("good0"), request()); err != context.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
}

func TestAttachedPluginsMayBeGone(t *testing.T) {
	cmd, address := byHand(t, "good0")
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	set := New(Options{Debug: []string{address}})
	defer set.Close()
	_, err := set.describe(t.Context(), wanted("good0"), request())
	if want := "plugin at " + address + " cannot be reached: connect: connection refused"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if want := "start it again with NUGGET_PLUGIN_DEBUG=1, and give the address that it prints to --debug-plugin"; hint.Of(err) != want {
		t.Errorf("hint %q", hint.Of(err))
	}
}

// One that ends while it is asked, and one that is no plugin, get a line too.
func TestAttachedPluginsMayMisbehave(t *testing.T) {
	_, address := byHand(t, "last-words")
	set := New(Options{Debug: []string{address}})
	defer set.Close()
	_, err := set.describe(t.Context(), wanted("last-words"), request())
	if err == nil || !regexp.MustCompile(`plugin at unix:\S+ (ended|cannot be reached: )`).MatchString(err.Error()) {
		t.Errorf("got %v", err)
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Write([]byte("HTTP/1.0 400 Bad Request\r\n\r\n"))
			conn.Close()
		}
	}()
	other := New(Options{Debug: []string{"tcp:" + l.Addr().String()}})
	defer other.Close()
	_, err = other.describe(t.Context(), wanted("good0"), request())
	if err == nil || !strings.HasPrefix(err.Error(), "plugin at tcp:127.0.0.1:") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestDebugTakesAddressesOfThisMachine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"unix:/tmp/x", ""},
		{"tcp:127.0.0.1:80", ""},
		{"tcp:[::1]:80", ""},
		{"tcp:localhost:80", ""},
		{"unix:x", "is no address, expected unix:/PATH or tcp:127.0.0.1:PORT"},
		{"/tmp/x", "is no address, expected unix:/PATH or tcp:127.0.0.1:PORT"},
		{"", "is no address, expected unix:/PATH or tcp:127.0.0.1:PORT"},
		{"tcp:127.0.0.1", "is no address, expected unix:/PATH or tcp:127.0.0.1:PORT"},
		{"tcp:127.0.0.1:", "is no address, expected unix:/PATH or tcp:127.0.0.1:PORT"},
		{"tcp:192.168.0.7:80", "is not an address of this machine, expected 127.0.0.1"},
		{"tcp:0.0.0.0:80", "is not an address of this machine, expected 127.0.0.1"},
		{"tcp:example.org:80", "is not an address of this machine, expected 127.0.0.1"},
	} {
		_, err := parseAddress(c.text)
		if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
			t.Errorf("%q: %v, expected %q", c.text, err, c.want)
		}
	}
	set := New(Options{Debug: []string{"tcp:example.org:80"}})
	defer set.Close()
	_, err := set.describe(t.Context(), wanted("x"), request())
	if want := `debug plugin "tcp:example.org:80": is not an address of this machine, expected 127.0.0.1`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Two that are attached and claim one type are as two that are named.
func TestAttachedTwins(t *testing.T) {
	_, one := byHand(t, "twin0")
	_, two := byHand(t, "twin1")
	set := New(Options{Debug: []string{one, two}})
	defer set.Close()
	_, err := set.describe(t.Context(), wanted("twin"), request())
	if want := `two plugins describe model_type "twin": ` + one + " and " + two; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
