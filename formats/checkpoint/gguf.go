package checkpoint

import "fmt"

// openGGUF opens a GGUF file and, where it is the first part of a split model, the others.
func (c *Checkpoint) openGGUF() error {
	f, err := c.openPart(c.path)
	if err != nil {
		return err
	}
	split := f.Split()
	if split.No > 0 {
		return c.notTheFirst(split)
	}
	c.metadata = f.Metadata()
	architecture, ok := c.metadata["general.architecture"].(string)
	if !ok || architecture == "" {
		return fmt.Errorf("%s: has no general.architecture", c.path)
	}
	c.modelType = architecture
	c.config = metadataJSON(f.Keys(), c.metadata)
	if split.Count > 1 {
		return c.openParts(f)
	}
	return nil
}
