//go:build unix

package sdk_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// startByHand starts this binary as a plugin's author does, and returns what it prints.
func startByHand(t *testing.T, environ ...string) (*exec.Cmd, *bytes.Buffer, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), part+"=plugin", "NUGGET_PLUGIN_DEBUG=1"), environ...)
	r, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	var text bytes.Buffer
	address := make(chan string, 1)
	go func() {
		io.CopyN(&text, r, 1)
		for one := make([]byte, 1); ; {
			if n, err := r.Read(one); n == 0 || err != nil {
				close(address)
				return
			}
			text.Write(one)
			if m := regexp.MustCompile(`--debug-plugin (\S+) MODEL\n`).FindStringSubmatch(text.String()); m != nil {
				address <- m[1]
				io.Copy(io.Discard, r)
				return
			}
		}
	}()
	select {
	case a := <-address:
		if a == "" {
			t.Fatalf("printed %q", text.String())
		}
		return cmd, &stdout, a
	case <-time.After(20 * time.Second):
		t.Fatal("no address within 20 s")
	}
	return nil, nil, ""
}

// A plugin under a debugger serves whoever comes, one after another, until it is told
// to end; nobody but its user can reach it, and it leaves nothing behind.
func TestServeByHandUntilInterrupted(t *testing.T) {
	temp := t.TempDir()
	if len(temp) > 60 {
		temp = os.TempDir()
	}
	cmd, stdout, address := startByHand(t, "TMPDIR="+temp)
	socket, ok := strings.CutPrefix(address, "unix:")
	if !ok {
		t.Fatalf("address %q", address)
	}
	folder := filepath.Dir(socket)
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 || filepath.Dir(folder) != temp {
		t.Errorf("the socket's folder %s: %v, %v", folder, info, err)
	}
	for range 2 {
		conn, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(arch.MaxMessage), grpc.MaxCallSendMsgSize(arch.MaxMessage)))
		if err != nil {
			t.Fatal(err)
		}
		service := archpb.NewArchitectureClient(conn)
		if info, err := service.Info(context.Background(), &archpb.InfoRequest{}); err != nil || info.Name != "test" {
			t.Errorf("info %v, %v", info, err)
		}
		answer, err := service.Describe(context.Background(), &archpb.DescribeRequest{Config: bytes.Repeat([]byte("y"), 5000000)})
		if err != nil || answer.Model.Family != "5000000" {
			t.Errorf("family %q, %v", answer.GetModel().GetFamily(), err)
		}
		conn.Close()
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("interrupted: %v", err)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the socket's folder is left: %v", err)
	}
	if stdout.Len() > 0 {
		t.Errorf("standard output has %q", stdout)
	}
}

// Sockets' addresses are short.
func TestServeByHandWithALongTemporaryFolder(t *testing.T) {
	long := filepath.Join(t.TempDir(), strings.Repeat("long", 20))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd, _, address := startByHand(t, "TMPDIR="+long)
	if !strings.HasPrefix(address, "unix:/tmp/nugget-debug-") {
		t.Errorf("address %s", address)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// What a plugin prints right before it ends is not lost on the way through go-plugin.
func TestLastWordsArrive(t *testing.T) {
	for i := range 10 {
		var stderr bytes.Buffer
		client, plugin, err := startPlugin(&stderr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plugin.Describe(context.Background(), &archpb.DescribeRequest{Config: []byte("exit")}); err == nil {
			t.Error("an answer of a plugin that has ended")
		}
		client.Kill()
		if want := fmt.Sprintln("cannot go on"); stderr.String() != want {
			t.Fatalf("run %d: stderr has %q, want %q", i, stderr.String(), want)
		}
	}
}
