package archtest

import (
	"bytes"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archcheck"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// Fuzz is the body of a fuzz test: it asks a plugin twice about any bytes for a
// configuration, beside one tensor, and wants two equal answers, no panic, and a
// description that the host refuses for its missing tensors without a panic.
func Fuzz(t *testing.T, p sdk.Plugin, config []byte, gguf bool, tensor string) {
	req := &archpb.DescribeRequest{
		Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: config,
		Tensors: []*archpb.TensorHeader{{Name: tensor, Dtype: "F32", Shape: []uint64{1}}},
	}
	if gguf {
		req.Format = archpb.DescribeRequest_FORMAT_GGUF
	}
	m, err := p.Describe(req)
	again, errAgain := p.Describe(req)
	if (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
		t.Fatalf("errors %v and %v", err, errAgain)
	}
	if err != nil {
		return
	}
	if !bytes.Equal(archcheck.Marshal(m), archcheck.Marshal(again)) {
		t.Fatal("two descriptions")
	}
	if len(m.Layers) > 8 {
		return // no quick work for the host
	}
	if _, err := arch.New(m, []arch.TensorHeader{{Name: tensor, DType: "F32", Shape: []int{1}}}); err == nil {
		t.Fatal("the host takes a description of one tensor")
	}
}
