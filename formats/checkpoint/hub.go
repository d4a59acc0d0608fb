package checkpoint

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// hubID is what huggingface_hub takes for a model's id.
var hubID = regexp.MustCompile(`^(?:\b[\w\-.]{1,96}\b/)?\b[\w\-.]{1,96}\b$`)

// cached finds a hub id's snapshot folder: of the commit that refs/main names, as
// transformers takes it offline.
func cached(model string) (location, error) {
	if !isHubID(model) {
		return location{}, hint.With(fmt.Errorf("%s: does not exist", model), accepted)
	}
	cache, err := hubCache()
	if err != nil {
		return location{}, err
	}
	repository := filepath.Join(cache, "models--"+strings.ReplaceAll(model, "/", "--"))
	if !exists(repository) {
		return location{}, hint.With(fmt.Errorf("%s: is no folder or file here, and no model in the HuggingFace cache %s", model, cache),
			"check the path, or download the model first: hf download "+model)
	}
	ref := filepath.Join(repository, "refs", "main")
	commit, err := os.ReadFile(ref)
	if err != nil {
		return location{}, hint.With(fmt.Errorf("%s: is in the HuggingFace cache without its branch main: %w", model, err),
			"download it with: hf download "+model+", or give a folder in "+filepath.Join(repository, "snapshots"))
	}
	name := strings.TrimSpace(string(commit))
	if name == "" || name != filepath.Base(name) || !filepath.IsLocal(name) {
		return location{}, fmt.Errorf("%s: found %.80q, expected the name of a commit", ref, name)
	}
	snapshot := filepath.Join(repository, "snapshots", name)
	where, err := inFolder(snapshot)
	if err != nil {
		return location{}, hint.With(fmt.Errorf("%s: in the HuggingFace cache: %w", model, err),
			"the download is not complete: hf download "+model)
	}
	return where, nil
}

// isHubID tells an id from the path of a file that isn't there.
func isHubID(model string) bool {
	switch filepath.Ext(model) {
	case ".gguf", ".safetensors", ".json", ".bin", ".git":
		return false
	}
	return hubID.MatchString(model) && !strings.Contains(model, "--") && !strings.Contains(model, "..")
}

// hubCache is the cache's folder, by huggingface_hub's rules.
func hubCache() (string, error) {
	for _, name := range []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"} {
		if folder := os.Getenv(name); folder != "" {
			return expand(folder)
		}
	}
	if home := os.Getenv("HF_HOME"); home != "" {
		home, err := expand(home)
		return filepath.Join(home, "hub"), err
	}
	if xdg := os.Getenv("XDG_CACHE_HOME"); xdg != "" {
		xdg, err := expand(xdg)
		return filepath.Join(xdg, "huggingface", "hub"), err
	}
	return expand(filepath.Join("~", ".cache", "huggingface", "hub"))
}

// expand puts in the home folder and the environment's variables.
func expand(path string) (string, error) {
	if path == "~" || strings.HasPrefix(path, "~/") {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("where the HuggingFace cache is: %w", err)
		}
		path = home + path[1:]
	}
	return os.ExpandEnv(path), nil
}
