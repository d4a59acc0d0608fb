// Command hostile is plugins that misbehave, one for each name that it is started
// under: nugget-arch-hang, nugget-arch-exit, ... Its tests are host/plugin's.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	name = strings.TrimPrefix(name, "nugget-arch-")
	behaviours := atStart()
	maps.Copy(behaviours, inCalls(name))
	behave := behaviours[name]
	if behave == nil {
		behave = well(name)
	}
	behave()
}

// say prints to the process's own stderr, also when go-plugin has replaced os.Stderr.
func say(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) }

var stderr = os.Stderr
