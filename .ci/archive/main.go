// Archive packs a folder for a release: equal files give equal bytes, whatever machine
// they lie on. No tar and no zip that every machine has does that.
//
//	archive OUT.tar.gz|OUT.zip FOLDER TIME
//
// The archive holds FOLDER under its own name. TIME, in seconds since 1970, is every
// file's.
package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("expected OUT FOLDER TIME")
	}
	seconds, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return err
	}
	out, err := os.Create(args[0])
	if err != nil {
		return err
	}
	pack := packTar
	if strings.HasSuffix(args[0], ".zip") {
		pack = packZip
	}
	if err := pack(out, filepath.Clean(args[1]), time.Unix(seconds, 0).UTC()); err != nil {
		return err
	}
	return out.Close()
}

// mode is 0755 or 0644, whatever the umask was.
func mode(info fs.FileInfo) fs.FileMode {
	if info.Mode()&0o111 != 0 || strings.HasSuffix(info.Name(), ".exe") {
		return 0o755
	}
	return 0o644
}

// files calls add with every file under folder, in the order of their names.
func files(folder string, add func(name string, info fs.FileInfo) (io.Writer, error)) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(filepath.Dir(folder), path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		w, err := add(filepath.ToSlash(name), info)
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(w, f)
		return err
	})
}

func packTar(out io.Writer, folder string, at time.Time) error {
	z, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	err = files(folder, func(name string, info fs.FileInfo) (io.Writer, error) {
		return t, t.WriteHeader(&tar.Header{Name: name, Mode: int64(mode(info)), Size: info.Size(), ModTime: at, Format: tar.FormatPAX})
	})
	if err != nil {
		return err
	}
	if err := t.Close(); err != nil {
		return err
	}
	return z.Close()
}

func packZip(out io.Writer, folder string, at time.Time) error {
	z := zip.NewWriter(out)
	err := files(folder, func(name string, info fs.FileInfo) (io.Writer, error) {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at}
		h.SetMode(mode(info))
		return z.CreateHeader(h)
	})
	if err != nil {
		return err
	}
	return z.Close()
}
