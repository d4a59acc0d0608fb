package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
)

// fingerprints are the SHA-256 of the files that a transfer reads. They are taken while
// the teacher is being measured.
type fingerprints struct {
	teacher, student []File
	seeds            string
	err              error
	done             chan struct{}
	cancel           context.CancelFunc
}

// fingerprint begins; into waits for it, and stop ends it. seeds may be "".
func fingerprint(ctx context.Context, teacher, student Model, seeds string) *fingerprints {
	ctx, cancel := context.WithCancel(ctx)
	f := &fingerprints{done: make(chan struct{}), cancel: cancel}
	go func() {
		defer close(f.done)
		if seeds != "" {
			f.seeds, f.err = HashFile(ctx, seeds)
		}
		if f.err == nil {
			f.student, f.err = filesOf(ctx, student.Checkpoint)
		}
		if f.err == nil {
			f.teacher, f.err = filesOf(ctx, teacher.Checkpoint)
		}
	}()
	return f
}

// stop ends what is left and waits for it.
func (f *fingerprints) stop() {
	f.cancel()
	<-f.done
}

func (f *fingerprints) into(r *Report) error {
	<-f.done
	r.Teacher.Files, r.Student.Files, r.Seeds.SHA256 = f.teacher, f.student, f.seeds
	r.Teacher.SHA256, r.Student.SHA256 = whole(f.teacher), whole(f.student)
	return f.err
}

// whole is one hash for all files.
func whole(files []File) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%s  %s\n", f.SHA256, f.Name)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// HashFile is a file's SHA-256 in hex. It holds a part of the file at a time, and ends
// with ctx.
func HashFile(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	buffer := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := f.Read(buffer)
		h.Write(buffer[:n])
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// Fingerprint is the SHA-256 that transfer.json keeps of a checkpoint.
func Fingerprint(ctx context.Context, ck *checkpoint.Checkpoint) (string, error) {
	files, err := filesOf(ctx, ck)
	return whole(files), err
}

func filesOf(ctx context.Context, ck *checkpoint.Checkpoint) ([]File, error) {
	var files []File
	for _, path := range ck.Files() {
		sum, err := HashFile(ctx, path)
		if err != nil {
			return nil, err
		}
		files = append(files, File{filepath.Base(path), sum})
	}
	return files, nil
}
