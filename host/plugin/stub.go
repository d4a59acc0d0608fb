package plugin

import (
	"context"
	"io"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Options says where plugins are looked for.
type Options struct {
	// Binaries are --plugin's: programs that come before all that is found, and
	// win where another plugin claims the same model type.
	Binaries []string
	// Dirs are searched in order: $NUGGET_PLUGIN_PATH's, the host binary's, the
	// user's data folder. SearchPath gives the usual ones.
	Dirs []string
	// Cache is a folder for descriptions by the plugin's hash; "": no cache.
	Cache string
	// Log gets plugins' stderr lines, each with the plugin's name; nil: dropped
	// but for the tail that errors quote.
	Log io.Writer
}

// SearchPath is the folders that are searched unless told otherwise.
func SearchPath() []string { panic("stub") }

// Set is the plugins that were found. Close ends every process that it started.
type Set struct{}

// New returns a set; it starts nothing yet.
func New(opts Options) *Set { panic("stub") }

// Describe asks the plugin that claims the checkpoint's model type, and checks the
// answer.
func (s *Set) Describe(ctx context.Context, ck *checkpoint.Checkpoint) (*arch.Architecture, error) {
	panic("stub")
}

// Listing is what `nugget plugins list` says of one plugin.
type Listing struct {
	Name, Version     string
	Protocol          int
	ModelTypes        []string
	GGUFArchitectures []string
	Path, Hash        string // Hash: SHA-256 in hex
	Err               error  // the plugin does not answer: why; the rest is then empty but Path
}

// List asks every plugin found who it is, sorted by name.
func (s *Set) List(ctx context.Context) ([]Listing, error) { panic("stub") }

// Close ends all plugin processes and waits for them.
func (s *Set) Close() error { panic("stub") }
