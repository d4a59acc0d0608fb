package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/neuralnuggets/nugget/formats/hint"
)

const accepted = "give a HuggingFace folder with config.json and safetensors, a .gguf file, or a hub id that is in the local cache"

// location is where a checkpoint lies.
type location struct {
	path   string
	format Format
}

// locate finds the folder or file that model names.
func locate(model string) (location, error) {
	if model == "" {
		return location{}, hint.With(errors.New("the model's name is empty"), accepted)
	}
	info, err := os.Stat(model)
	if errors.Is(err, fs.ErrNotExist) || strings.ContainsRune(model, 0) {
		where, err := cached(model)
		if near := beside(model); near != "" {
			err = hint.With(err, "did you mean "+near+"?")
		}
		return where, err
	}
	if err != nil {
		return location{}, err
	}
	if info.IsDir() {
		return inFolder(model)
	}
	return aFile(model, info)
}

// beside is the folder or file whose path was probably meant; "": there is none like it.
func beside(model string) string {
	dir, name := filepath.Split(filepath.Clean(model))
	names, err := list(filepath.Clean(dir))
	if err != nil {
		return ""
	}
	near := hint.Nearest(name, names)
	if near == "" {
		return ""
	}
	return filepath.Join(dir, near)
}

// inFolder tells a HuggingFace folder from one that only holds a GGUF file.
func inFolder(folder string) (location, error) {
	if exists(filepath.Join(folder, "config.json")) {
		return location{folder, HuggingFace}, nil
	}
	names, err := list(folder)
	if err != nil {
		return location{}, err
	}
	var ggufs []string
	for _, name := range names {
		if strings.EqualFold(filepath.Ext(name), ".gguf") {
			ggufs = append(ggufs, name)
		}
	}
	if len(ggufs) > 0 {
		if only := onlyModel(ggufs); only != "" {
			return location{filepath.Join(folder, only), GGUF}, nil
		}
	}
	switch {
	case len(ggufs) > 1:
		return location{}, hint.With(fmt.Errorf("%s: has %d .gguf files and no config.json", folder, len(ggufs)),
			"give one of the files: "+strings.Join(ggufs, ", "))
	case exists(filepath.Join(folder, "adapter_config.json")):
		return location{}, hint.With(fmt.Errorf("%s: is a PEFT adapter, not a model: it has adapter_config.json and no config.json", folder),
			"give the folder of the model that the adapter was made for")
	case exists(filepath.Join(folder, "params.json")):
		return location{}, hint.With(fmt.Errorf("%s: has no config.json: params.json is of the model's original format", folder),
			"use the model's HuggingFace version, or convert it with transformers")
	case len(names) == 0:
		return location{}, hint.With(fmt.Errorf("%s: is an empty folder", folder), accepted)
	}
	return location{}, hint.With(fmt.Errorf("%s: has no config.json", folder), accepted)
}

func aFile(path string, info fs.FileInfo) (location, error) {
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case !info.Mode().IsRegular():
		return location{}, hint.With(fmt.Errorf("%s: is neither a folder nor a regular file", path), accepted)
	case info.Size() == 0:
		return location{}, hint.With(fmt.Errorf("%s: is an empty file", path), "download or copy it again")
	case ext == ".gguf":
		return location{path, GGUF}, nil
	case ext == ".safetensors", filepath.Base(path) == "config.json", strings.HasSuffix(path, ".safetensors.index.json"):
		return location{}, hint.With(fmt.Errorf("%s: is one file of a HuggingFace model", path), "give its folder: "+filepath.Dir(path))
	case ext == ".bin", ext == ".pt", ext == ".pth", ext == ".ckpt":
		return location{}, hint.With(fmt.Errorf("%s: is a PyTorch file", path), convert)
	}
	return location{}, hint.With(fmt.Errorf("%s: is not a .gguf file", path), accepted)
}
