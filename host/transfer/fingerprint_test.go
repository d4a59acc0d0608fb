package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAFileIsHashedWholeOrNotAtAll(t *testing.T) {
	// Longer than what is read at a time, by a part of it.
	content := make([]byte, 3<<20+17)
	for i := range content {
		content[i] = byte(i * 7)
	}
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	if got, err := HashFile(t.Context(), path); err != nil || got != hex.EncodeToString(sum[:]) {
		t.Errorf("got %s and %v, want %x", got, err, sum)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := HashFile(ctx, path); got != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("ended: got %q and %v", got, err)
	}
}
