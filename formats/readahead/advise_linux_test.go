package readahead

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const size = 8 << 20

// inMemory is how many pages of a file the page cache has.
func inMemory(t *testing.T, f *os.File) (n int) {
	t.Helper()
	data, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(data)
	pages := make([]byte, (size+os.Getpagesize()-1)/os.Getpagesize())
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&data[0])), size, uintptr(unsafe.Pointer(&pages[0])))
	if errno != 0 {
		t.Fatal(errno)
	}
	for _, p := range pages {
		n += int(p & 1)
	}
	return n
}

func TestWhatIsAdvisedIsReadWithoutBeingAskedFor(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		t.Fatal(err)
	}
	Advise(f, size/2, size/2)
	want := size / 2 / os.Getpagesize()
	for end := time.Now().Add(10 * time.Second); inMemory(t, f) < want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d pages are in memory, want %d", inMemory(t, f), want)
		}
	}
}

func TestWhatIsNoFileIsLeftAlone(t *testing.T) {
	Advise(bytes.NewReader(make([]byte, 8)), 0, 8)
	f, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	Advise(f, 0, 8)
}
