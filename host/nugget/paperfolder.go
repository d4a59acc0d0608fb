package main

import (
	"fmt"
	"path/filepath"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/hint"
)

// isPaperFolder reports whether a folder is a whole transfer in the paper's form: no
// adapter, but two.
func isPaperFolder(dir string) bool {
	return !exists(filepath.Join(dir, peft.ConfigFile)) &&
		exists(filepath.Join(dir, formInit, peft.ConfigFile)) && exists(filepath.Join(dir, formNegative, peft.ConfigFile))
}

// noPaperFolder refuses one where an adapter is meant.
func noPaperFolder(dir string) error {
	if !isPaperFolder(dir) {
		return nil
	}
	return hint.With(fmt.Errorf("%s is a whole transfer in the paper's form, with an adapter in %s and one in %s", dir, formInit, formNegative),
		fmt.Sprintf("%s is to be merged before %s is trained", filepath.Join(dir, formNegative), filepath.Join(dir, formInit)))
}
