package plugin

import (
	"os"
	"runtime"
)

// environ is what a plugin sees of the host's environment: what a program needs to
// run at all. A description must not depend on the rest, since it is cached.
func environ() []string {
	names := []string{"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}
	if runtime.GOOS == "windows" {
		names = []string{"PATH", "PATHEXT", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP", "USERPROFILE", "APPDATA", "LOCALAPPDATA"}
	}
	var env []string
	for _, name := range names {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// maxSocketDir leaves room for the two names that go-plugin adds in the 104 bytes
// that the shortest socket address has.
const maxSocketDir = 60

// socketDir is where sockets' folders are made; "": where go-plugin makes them.
func socketDir() string {
	if runtime.GOOS == "windows" || len(os.TempDir()) <= maxSocketDir {
		return ""
	}
	return "/tmp"
}
