package sdk

import "github.com/neuralnuggets/nugget/plugins/arch/archpb"

// Plugin is what an author writes: who the plugin is and how it describes.
type Plugin struct {
	Name, Version     string
	ModelTypes        []string
	GGUFArchitectures []string
	Describe          func(*archpb.DescribeRequest) (*archpb.Model, error)
}

// Serve runs the plugin; a plugin's main calls nothing else.
func Serve(p Plugin) { panic("stub") }
