package checkpoint

import (
	"os"
	"path/filepath"
	"testing"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

// cache makes a HuggingFace cache with the model org/name, its files as links to
// blobs, and returns the snapshot's folder.
func cache(t *testing.T, hub string, files map[string]string) string {
	t.Helper()
	repository := filepath.Join(hub, "models--org--name")
	snapshot := filepath.Join(repository, "snapshots", commit)
	for _, d := range []string{snapshot, filepath.Join(repository, "blobs"), filepath.Join(repository, "refs")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(repository, "blobs", name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join("..", "..", "blobs", name), filepath.Join(snapshot, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(repository, "refs", "main"), []byte(commit), 0o600); err != nil {
		t.Fatal(err)
	}
	return snapshot
}

// away sets the environment so that no cache of the machine is found.
func away(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	for _, name := range []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", home)
	t.Chdir(home)
	return home
}

func TestTheHubsCacheIsWhereTheEnvironmentSays(t *testing.T) {
	files := map[string]string{"config.json": config, weights: shard(t, map[string]float32{"a": 1})}
	for name, v := range map[string]struct {
		env map[string]string
		hub string
	}{
		"home":                  {nil, ".cache/huggingface/hub"},
		"XDG_CACHE_HOME":        {map[string]string{"XDG_CACHE_HOME": "$HOME/x"}, "x/huggingface/hub"},
		"HF_HOME":               {map[string]string{"HF_HOME": "~/hf", "XDG_CACHE_HOME": "/nowhere"}, "hf/hub"},
		"HUGGINGFACE_HUB_CACHE": {map[string]string{"HUGGINGFACE_HUB_CACHE": "~/old", "HF_HOME": "/nowhere"}, "old"},
		"HF_HUB_CACHE":          {map[string]string{"HF_HUB_CACHE": "${HOME}/new", "HUGGINGFACE_HUB_CACHE": "/nowhere"}, "new"},
	} {
		t.Run(name, func(t *testing.T) {
			home := away(t)
			for key, value := range v.env {
				t.Setenv(key, value)
			}
			snapshot := cache(t, filepath.Join(home, filepath.FromSlash(v.hub)), files)
			c := open(t, "org/name")
			if c.Path() != snapshot || value(t, c, "a") != 1 {
				t.Errorf("got %s, want %s", c.Path(), snapshot)
			}
		})
	}
}

func TestAFolderCountsMoreThanAHubID(t *testing.T) {
	home := away(t)
	cache(t, filepath.Join(home, ".cache/huggingface/hub"), map[string]string{"config.json": config, weights: shard(t, nil)})
	local := folder(t, map[string]string{"org/name/config.json": config, "org/name/" + weights: shard(t, map[string]float32{"here": 1})})
	t.Chdir(local)
	if c := open(t, "org/name"); c.Path() != "org/name" || len(c.Tensors()) != 1 {
		t.Errorf("got %s", c.Path())
	}
}

func TestHubIDsThatAreNotCached(t *testing.T) {
	hub := filepath.Join(away(t), ".cache", "huggingface", "hub")
	repository := filepath.Join(hub, "models--org--name")
	ref := filepath.Join(repository, "refs", "main")

	_, err := Open("org/name")
	wrong(t, "no cache", err, hub, "org/name: is no folder or file here, and no model in the HuggingFace cache $", "hf download org/name")
	_, err = Open("gpt2")
	wrong(t, "no organisation", err, hub, "gpt2: is no folder or file here, and no model in the HuggingFace cache $", "hf download gpt2")
	for _, path := range []string{"a/b/c", "../a", "./a", "a--b", "a..b", "/a/b", "a b", "org/", "a\x00b"} {
		_, err = Open(path)
		wrong(t, path, err, hub, path+": does not exist", "give a HuggingFace folder")
	}

	cache(t, hub, nil)
	_, err = Open("org/name")
	wrong(t, "nothing downloaded", err, repository, "org/name: in the HuggingFace cache: $/snapshots/"+commit+": is an empty folder", "hf download org/name")
	for _, bad := range []string{"../../x", "", "a/b", "/"} {
		if err := os.WriteFile(ref, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err = Open("org/name"); err == nil {
			t.Errorf("the commit %q", bad)
		}
	}
	if err := os.WriteFile(ref, []byte("other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open("org/name")
	wrong(t, "snapshot gone", err, repository, "org/name: in the HuggingFace cache: open $/snapshots/other: no such file or directory", "hf download org/name")
	if err := os.Remove(ref); err != nil {
		t.Fatal(err)
	}
	_, err = Open("org/name")
	wrong(t, "no main", err, repository, "org/name: is in the HuggingFace cache without its branch main: open $/refs/main: no such file or directory", filepath.Join(repository, "snapshots"))
}

func TestAHubModelThatIsOneGGUFFile(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "tiny", "gguf", "model.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	hub := filepath.Join(away(t), ".cache", "huggingface", "hub")
	snapshot := cache(t, hub, map[string]string{"model.gguf": string(data)})
	if c := open(t, "org/name"); c.Format() != GGUF || c.Path() != filepath.Join(snapshot, "model.gguf") {
		t.Errorf("got %s", c.Path())
	}
}
