//go:build unix

package plugin

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// binaries is a folder for testdata/hostile as "hostile", and four that differ in a
// byte; build makes them.
var binaries string

func TestMain(m *testing.M) {
	if dir := os.Getenv("NUGGET_TEST_HOST"); dir != "" {
		os.Exit(runHost(dir, os.Getenv("NUGGET_TEST_TYPE")))
	}
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	var err error
	if binaries, err = os.MkdirTemp("", "nugget"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(binaries)
	code := m.Run()
	if left := strays(binaries); len(left) > 0 {
		fmt.Fprintf(os.Stderr, "processes left behind: %v\n", left)
		return 1
	}
	return code
}

// build fills binaries. A shell writes the copies: a file that this process had open
// for writing could not be run while any of its children still held it.
var build = sync.OnceValue(func() error {
	sh := exec.Command("sh", "-ec", `
		go build -ldflags "-s -w" -o "$0/hostile" ./testdata/hostile
		for i in 0 1 2 3; do cp "$0/hostile" "$0/hostile$i"; printf $i >> "$0/hostile$i"; done`, binaries)
	if out, err := sh.CombinedOutput(); err != nil {
		return fmt.Errorf("building testdata/hostile: %w\n%s", err, out)
	}
	return nil
})

// pluginFolder makes a folder of plugins. Of the names that end in 0 to 3 each number is a
// program of its own, the others are all the same.
func pluginFolder(t *testing.T, names ...string) string {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(binaries, "plugins")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		source := "hostile"
		if last := name[len(name)-1]; last >= '0' && last <= '3' && name != "core-2" {
			source += string(last)
		}
		if err := os.Link(filepath.Join(binaries, source), filepath.Join(dir, prefix+name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if left := strays(dir); len(left) > 0 {
			t.Errorf("processes left behind: %v", left)
		}
		os.RemoveAll(dir)
	})
	return dir
}

// strays are the processes, by id and arguments, that run a program below dir. It
// gives those that are being reaped a moment.
func strays(dir string) []string {
	var left []string
	for range 20 {
		left = left[:0]
		lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
		if err != nil || len(lines) == 0 {
			panic("no /proc to look for processes in")
		}
		for _, path := range lines {
			args, _ := os.ReadFile(path)
			if strings.HasPrefix(string(args), dir) {
				left = append(left, filepath.Base(filepath.Dir(path))+" "+string(args))
			}
		}
		if len(left) == 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return left
}

// running reports whether a process is there, a zombie not counted.
func running(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}

// request is a checkpoint that testdata/hostile's well-behaved plugins describe.
func request() *archpb.DescribeRequest {
	req := &archpb.DescribeRequest{
		Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE,
		Config: []byte(`{"model_type":"hostile"}`),
	}
	for _, t := range []struct {
		name  string
		shape []uint64
	}{{"embed.weight", []uint64{8, 4}}, {"head.weight", []uint64{8, 4}}, {"layers.0.up.weight", []uint64{4, 4}}, {"layers.1.up.weight", []uint64{4, 4}}} {
		req.Tensors = append(req.Tensors, &archpb.TensorHeader{Name: t.name, Dtype: "F32", Shape: t.shape})
	}
	return req
}

// wanted is a HuggingFace model of a type.
func wanted(typ string) want {
	return want{model: "model", format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, typ: typ}
}
