//go:build unix

package plugin

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// runHost is a host in a process of its own: it asks one plugin as the command does.
func runHost(dir, typ string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer Cleanup()
	set := New(Options{Dirs: []string{dir}, Log: os.Stdout})
	defer set.Close()
	_, err := set.describe(ctx, wanted(typ), request())
	fmt.Println("host:", err)
	return 1
}

// Whatever ends the host ends its plugins, in whatever they are doing.
func TestPluginsEndWithTheHost(t *testing.T) {
	tests := []struct {
		plugin string
		signal syscall.Signal
		says   string // the host's last line; "": none
	}{
		{"hang", syscall.SIGINT, "host: context canceled"},
		{"hang", syscall.SIGTERM, "host: context canceled"},
		{"hang", syscall.SIGKILL, ""},
		{"hang-describe", syscall.SIGINT, "host: context canceled"},
		{"hang-describe", syscall.SIGTERM, "host: context canceled"},
		{"hang-describe", syscall.SIGKILL, ""},
		{"hang-describe", syscall.SIGQUIT, ""},
	}
	for _, test := range tests {
		t.Run(test.plugin+"/"+test.signal.String(), func(t *testing.T) {
			dir := pluginFolder(t, test.plugin)
			host := exec.Command(os.Args[0])
			host.Env = append(os.Environ(), "NUGGET_TEST_HOST="+dir, "NUGGET_TEST_TYPE="+test.plugin, "GOTRACEBACK=none",
				"TMPDIR="+binaries) // a host that is killed leaves its socket's folder there
			host.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			out, err := host.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := host.Start(); err != nil {
				t.Fatal(err)
			}
			defer host.Wait()
			defer syscall.Kill(-host.Process.Pid, syscall.SIGKILL)
			pid, rest := pluginPid(t, out)
			if !running(pid) {
				t.Fatalf("the plugin, process %d, is not there", pid)
			}
			// As a terminal does: to the whole process group.
			if err := syscall.Kill(-host.Process.Pid, test.signal); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			for running(pid) && time.Since(begin) < 5*time.Second {
				time.Sleep(5 * time.Millisecond)
			}
			if running(pid) {
				t.Errorf("the plugin, process %d, is still there", pid)
			}
			t.Logf("gone after %v", time.Since(begin))
			text, _ := io.ReadAll(rest)
			if got := strings.TrimSpace(string(text)); got != test.says {
				t.Errorf("after the signal the host says %q, want %q", got, test.says)
			}
		})
	}
}

// pluginPid waits for the plugin to say its process id through the host's log.
func pluginPid(t *testing.T, out io.Reader) (int, io.Reader) {
	t.Helper()
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("the host ended: %v", err)
		}
		if m := regexp.MustCompile(`pid (\d+):`).FindStringSubmatch(line); m != nil {
			pid, _ := strconv.Atoi(m[1])
			return pid, r
		}
	}
}

// Sockets' addresses are short: a long TMPDIR must not keep plugins from starting.
func TestLongTemporaryFolder(t *testing.T) {
	dir := pluginFolder(t, "good0")
	long := filepath.Join(t.TempDir(), strings.Repeat("long", 20))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", long)
	set := New(Options{Dirs: []string{dir}})
	defer set.Close()
	if _, err := set.describe(t.Context(), wanted("good0"), request()); err != nil {
		t.Error(err)
	}
}

// Sockets' folders go with their process, whether it was a good one or not.
func TestSocketFoldersAreRemoved(t *testing.T) {
	dir := pluginFolder(t, "good0", "exit", "hang-describe")
	temp, err := os.MkdirTemp(binaries, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temp)
	touch(t, 0o755, dir, prefix+"text")
	set := New(Options{Dirs: []string{dir}})
	defer set.Close()
	set.limits.describe = time.Second
	for _, typ := range []string{"good0", "hang-describe"} {
		set.describe(t.Context(), wanted(typ), request())
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// A plugin sees little of the host's environment, and none of its input.
func TestEnvironmentIsSmall(t *testing.T) {
	t.Setenv("NUGGET_SECRET", "forty-two")
	path := filepath.Join(pluginFolder(t), prefix+"env")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nenv >&2; cat >&2; pwd >&2\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	set := New(Options{Binaries: []string{path}, Log: &log})
	defer set.Close()
	if _, err := set.describe(t.Context(), wanted("env"), request()); err == nil {
		t.Fatal("a script gave an answer")
	}
	for line := range strings.Lines(log.String()) {
		name, _, _ := strings.Cut(strings.TrimPrefix(line, prefix+"env: "), "=")
		allowed := []string{"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "PWD", "OLDPWD", "SHLVL", "_", "NUGGET_ARCH_PLUGIN"}
		if strings.Contains(line, "=") && !slices.Contains(allowed, name) && !strings.HasPrefix(name, "PLUGIN_") {
			t.Errorf("the plugin sees %s", line)
		}
	}
	if !strings.Contains(log.String(), "PATH=") || strings.Contains(log.String(), "forty-two") {
		t.Errorf("environment:\n%s", &log)
	}
}

// A cancelled context ends the call at once.
func TestCancelEndsTheCall(t *testing.T) {
	for _, name := range []string{"hang", "hang-info", "hang-describe", "deaf"} {
		t.Run(name, func(t *testing.T) {
			dir := pluginFolder(t, name)
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			set := New(Options{Dirs: []string{dir}})
			defer set.Close()
			begin := time.Now()
			_, err := set.describe(ctx, wanted(name), request())
			if err != context.DeadlineExceeded {
				t.Errorf("got %v", err)
			}
			if took := time.Since(begin); took > 4*time.Second {
				t.Errorf("took %v", took)
			}
			if left := strays(dir); len(left) > 0 {
				t.Errorf("processes left behind: %v", left)
			}
		})
	}
}

// Close ends the calls that are running and waits for their processes.
func TestCloseEndsCalls(t *testing.T) {
	dir := pluginFolder(t, "hang-describe")
	r, w := io.Pipe()
	set := New(Options{Dirs: []string{dir}, Log: w})
	failure := make(chan error)
	go func() {
		_, err := set.describe(context.Background(), wanted("hang-describe"), request())
		failure <- err
	}()
	pid, rest := pluginPid(t, r)
	go io.Copy(io.Discard, rest)
	closed := make(chan struct{})
	go func() { set.Close(); close(closed) }()
	if err := <-failure; err != errClosed {
		t.Errorf("got %v", err)
	}
	<-closed
	if running(pid) {
		t.Errorf("the plugin, process %d, is still there", pid)
	}
	if _, err := set.describe(context.Background(), wanted("hang-describe"), request()); err != errClosed {
		t.Errorf("after Close: got %v", err)
	}
	if _, err := set.List(context.Background()); err != errClosed {
		t.Errorf("after Close: got %v", err)
	}
}
