package archtest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// GGUF is the checkpoint of a GGUF file with this metadata and these tensors, in whose
// names {layer} stands for each of so many layers.
func GGUF(t *testing.T, name string, metadata map[string]any, layers int, tensors map[string][]int) Checkpoint {
	t.Helper()
	config, err := json.Marshal(metadata)
	if err != nil {
		t.Fatal(err)
	}
	c := Checkpoint{Name: name, GGUF: true, Config: config}
	for _, template := range slices.Sorted(maps.Keys(tensors)) {
		n, dtype := 1, "Q8_0"
		if strings.Contains(template, "{layer}") {
			n = layers
		}
		if len(tensors[template]) == 1 {
			dtype = "F32"
		}
		for layer := range n {
			c.Tensors = append(c.Tensors, arch.TensorHeader{
				Name: strings.ReplaceAll(template, "{layer}", strconv.Itoa(layer)), DType: dtype, Shape: tensors[template]})
		}
	}
	sort(c.Tensors)
	return c
}
