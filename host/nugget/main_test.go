package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/neuralnuggets/nugget/host/plugin/plugintest"
)

// TestMain puts nugget, a plugin that never answers and one that does much wrong on
// the scripts' PATH.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"nugget":      main,
		"slowplugin":  slowPlugin,
		"wrongplugin": wrongPlugin,
	})
}

// The scripts type every command as a user would. $TINY, $PAIRS and $DEMO
// are the repository's checkpoints. [simd] says that matrix products are fast, which a
// build without it warns about; [xla] that $NUGGET_PJRT names XLA's library, which the
// gate sees to.
func TestScripts(t *testing.T) {
	plugins := plugintest.Build(t)
	slow, err := exec.LookPath("slowplugin")
	if err != nil {
		t.Fatal(err)
	}
	data, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		Cmds:                scriptCommands(),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("NUGGET_UPDATE_SCRIPTS") != "",
		Condition: func(condition string) (bool, error) {
			switch condition {
			case "simd":
				return runtime.GOARCH != "amd64" || strings.Contains(newVersions().Experiment, "simd"), nil
			case "xla":
				return os.Getenv("NUGGET_PJRT") != "", nil
			}
			return false, fmt.Errorf("unknown condition %s", condition)
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("NUGGET_PLUGIN_PATH", plugins)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".cache"))
			env.Setenv("XDG_DATA_HOME", filepath.Join(env.WorkDir, ".data"))
			env.Setenv("GOMLX_BACKEND", "go")
			env.Setenv("NUGGET_PJRT", os.Getenv("NUGGET_PJRT"))
			env.Setenv("PLUGINS", plugins)
			env.Setenv("SLOWPLUGIN", slow)
			env.Setenv("TINY", filepath.Join(data, "tiny"))
			env.Setenv("PAIRS", filepath.Join(data, "transfer"))
			env.Setenv("DEMO", filepath.Join(data, "demo"))
			return setupPlugins(env)
		},
	})
}
