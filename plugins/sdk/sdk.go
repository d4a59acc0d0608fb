// Package sdk is what the author of an architecture plugin imports.
//
// A plugin is a small main package: a [Plugin] value whose Describe turns a
// checkpoint's configuration and tensor headers into a model of steps, and a main
// that calls [Serve]. The package has the pieces that every family needs: steps
// ([Linear], [RMSNorm], [Attention], ...), a reader of config.json and of GGUF
// metadata that knows HuggingFace's habits ([Config]), RoPE's frequencies as
// transformers computes them ([Config.Rope]), and llama.cpp's tensor names ([LlamaGGUFNames]).
// plugins/sdk/archtest tests a plugin; plugins/README.md has what each step computes.
//
// What a plugin built with this package says stays readable to later hosts: the
// contract (plugins/arch/arch.proto) only grows. The package checks what an author
// reads from a configuration; the description itself is checked by the host.
//
// The host does not import this package, and it reads no weights.
package sdk

import "github.com/neuralnuggets/nugget/plugins/arch/archpb"

// Plugin is what an author writes: who the plugin is and how it describes.
type Plugin struct {
	Name, Version     string
	ModelTypes        []string
	GGUFArchitectures []string
	// Describe must be pure: the same request, the same answer, whatever was asked
	// before. It may be called concurrently. A panic in it becomes its error.
	Describe func(*archpb.DescribeRequest) (*archpb.Model, error)
}
