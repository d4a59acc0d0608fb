package plugin

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// magic begins every entry, and changes with their form.
const magic = "nugget plugin answer 1\n"

// cache keeps plugins' answers on disk: DIR/<program's hash>/<question>. An entry is
// magic, the payload's SHA-256 and the payload. One that is damaged does not exist.
// Old programs' entries stay: they take a few kilobytes.
type cache struct{ dir string } // "": keeps nothing

// cacheOf is where a plugin's answers are kept.
func (s *Set) cacheOf(p *program) cache {
	if p.attached != nil {
		return cache{} // it may be another program behind the same address every time
	}
	return s.cache
}

func (c cache) read(program, question string, answer proto.Message) bool {
	if c.dir == "" {
		return false
	}
	path := filepath.Join(c.dir, program, question)
	if info, err := os.Stat(path); err != nil || info.Size() > arch.MaxMessage+1<<10 {
		return false
	}
	entry, err := os.ReadFile(path)
	return err == nil && decodeEntry(entry, answer)
}

// decodeEntry reports whether an entry is intact.
func decodeEntry(entry []byte, answer proto.Message) bool {
	entry, ok := bytes.CutPrefix(entry, []byte(magic))
	if !ok || len(entry) < sha256.Size {
		return false
	}
	sum, payload := entry[:sha256.Size], entry[sha256.Size:]
	if want := sha256.Sum256(payload); !bytes.Equal(sum, want[:]) {
		return false
	}
	return proto.Unmarshal(payload, answer) == nil
}

func encodeEntry(answer proto.Message) ([]byte, error) {
	payload, err := proto.MarshalOptions{Deterministic: true}.Marshal(answer)
	sum := sha256.Sum256(payload)
	return slices.Concat([]byte(magic), sum[:], payload), err
}

// write puts an entry in place at once, so that nobody reads half of it.
func (c cache) write(program, question string, answer proto.Message) (err error) {
	if c.dir == "" {
		return nil
	}
	entry, err := encodeEntry(answer)
	if err != nil {
		return err
	}
	dir := filepath.Join(c.dir, program)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(entry); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, question))
}
