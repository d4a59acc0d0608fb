// Command hostile is plugins that misbehave, one for each name that it is started
// under: nugget-arch-hang, nugget-arch-crash, ...
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

var behaviours = map[string]func(){}

func main() {
	name := strings.TrimPrefix(filepath.Base(os.Args[0]), "nugget-arch-")
	behave := behaviours[strings.TrimSuffix(name, ".exe")]
	if behave == nil {
		fmt.Fprintf(os.Stderr, "no behaviour %q\n", name)
		os.Exit(2)
	}
	behave()
}
