package tune_test

import "bytes"

// splitLines are the lines of a file, without an empty last one.
func splitLines(raw []byte) [][]byte {
	return bytes.Split(bytes.TrimSuffix(raw, []byte("\n")), []byte("\n"))
}
