package checkpoint

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/neuralnuggets/nugget/formats/gguf"
	"github.com/neuralnuggets/nugget/formats/hint"
)

// partEnding is the end of a part's name, which llama.cpp finds the others by.
const partEnding = "-%05d-of-%05d.gguf"

var firstPart = regexp.MustCompile(`^(.*)-00001-of-(\d{5,})\.gguf$`)

// openParts takes in the parts of a split model that lie beside its first.
func (c *Checkpoint) openParts(first *gguf.File) error {
	split := first.Split()
	prefix, ok := strings.CutSuffix(c.path, fmt.Sprintf(partEnding, 1, split.Count))
	if !ok {
		return hint.With(fmt.Errorf("%s: is part 1 of %d of a split model, but its name does not end in "+partEnding, c.path, split.Count, 1, split.Count),
			"name the parts as they were named when the model was split: the others are found by the first one's name")
	}
	for no := 1; no < split.Count; no++ {
		path := prefix + fmt.Sprintf(partEnding, no+1, split.Count)
		if !exists(path) {
			return hint.With(fmt.Errorf("%s: does not exist, but %s is part 1 of %d of a split model", path, c.path, split.Count),
				"the download is not complete: fetch the model again")
		}
		f, err := c.openPart(path)
		if err != nil {
			return err
		}
		if got := f.Split(); got != (gguf.Split{No: no, Count: split.Count, Tensors: split.Tensors}) {
			return otherModel(fmt.Errorf("%s: is %s, expected %s", path, partOf(got), partOf(gguf.Split{No: no, Count: split.Count, Tensors: split.Tensors})))
		}
	}
	if n := len(c.held); split.Tensors >= 0 && n != split.Tensors {
		return otherModel(fmt.Errorf("%s: found %d tensors in all parts, expected %d", c.path, n, split.Tensors))
	}
	return nil
}

// openPart takes in the tensors of a GGUF file.
func (c *Checkpoint) openPart(path string) (*gguf.File, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	c.sources = append(c.sources, f)
	c.files = append(c.files, path)
	for _, t := range f.Tensors() {
		if other, ok := c.held[t.Name]; ok {
			return nil, otherModel(fmt.Errorf("%s: has tensor %q, which %s has too", path, t.Name, other.source.Path()))
		}
		c.hold(f, Tensor(t))
	}
	return f, nil
}

func otherModel(err error) error {
	return hint.With(err, "the parts are of different models, or one was changed: fetch them again")
}

// notTheFirst refuses a part that has no metadata.
func (c *Checkpoint) notTheFirst(split gguf.Split) error {
	advice := "give the first part; the others are found beside it"
	if prefix, ok := strings.CutSuffix(c.path, fmt.Sprintf(partEnding, split.No+1, split.Count)); ok {
		advice = "give the first part: " + prefix + fmt.Sprintf(partEnding, 1, split.Count)
	}
	return hint.With(fmt.Errorf("%s: is %s", c.path, partOf(split)), advice)
}

func partOf(s gguf.Split) string {
	if s.Count == 1 {
		return "a whole model"
	}
	text := fmt.Sprintf("part %d of %d of a split model", s.No+1, s.Count)
	if s.Tensors >= 0 {
		text += fmt.Sprintf(" with %d tensors", s.Tensors)
	}
	return text
}

// onlyModel is the file to open where these are a folder's only GGUF files: the single
// one, or the first part of the one split model that all are parts of. "": there are more.
func onlyModel(ggufs []string) string {
	if len(ggufs) == 1 {
		return ggufs[0]
	}
	found := firstPart.FindStringSubmatch(ggufs[0]) // names are sorted
	if found == nil {
		return ""
	}
	count, err := strconv.Atoi(found[2])
	if err != nil || len(ggufs) > count {
		return ""
	}
	for _, name := range ggufs {
		number := strings.TrimSuffix(strings.TrimPrefix(name, found[1]+"-"), "-of-"+found[2]+".gguf")
		if n, err := strconv.Atoi(number); err != nil || name != found[1]+fmt.Sprintf(partEnding, n, count) {
			return ""
		}
	}
	return ggufs[0]
}
