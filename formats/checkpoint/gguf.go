package checkpoint

import (
	"fmt"

	"github.com/neuralnuggets/nugget/formats/gguf"
)

// openGGUF opens a GGUF file.
func (c *Checkpoint) openGGUF() error {
	f, err := gguf.Open(c.path)
	if err != nil {
		return err
	}
	c.sources = append(c.sources, f)
	c.files = append(c.files, c.path)
	c.metadata = f.Metadata()
	architecture, ok := c.metadata["general.architecture"].(string)
	if !ok || architecture == "" {
		return fmt.Errorf("%s: has no general.architecture", c.path)
	}
	c.modelType = architecture
	c.config = metadataJSON(f.Keys(), c.metadata)
	for _, t := range f.Tensors() {
		c.hold(f, Tensor(t))
	}
	return nil
}
