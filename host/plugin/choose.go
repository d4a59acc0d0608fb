package plugin

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// want is the kind of model that a plugin is looked for.
type want struct {
	model  string // path, for messages
	format archpb.DescribeRequest_Format
	typ    string
}

func wantOf(ck *checkpoint.Checkpoint) want {
	w := want{model: ck.Path(), format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, typ: ck.ModelType()}
	if ck.Format() == checkpoint.GGUF {
		w.format = archpb.DescribeRequest_FORMAT_GGUF
	}
	return w
}

func (w want) String() string {
	if w.format == archpb.DescribeRequest_FORMAT_GGUF {
		return fmt.Sprintf("GGUF architecture %q", w.typ)
	}
	return fmt.Sprintf("model_type %q", w.typ)
}

// claimed reports whether a plugin claims the kind.
func (w want) claimed(by *identity) bool {
	if w.format == archpb.DescribeRequest_FORMAT_GGUF {
		return slices.Contains(by.GetGgufArchitectures(), w.typ)
	}
	return slices.Contains(by.GetModelTypes(), w.typ)
}

// choose finds the plugin that claims a kind of model. --debug-plugin's and --plugin's
// are asked first and must answer; of the folders' a broken one is passed over.
func (s *Set) choose(ctx context.Context, w want) (*program, error) {
	if w.typ == "" {
		return nil, untyped(w)
	}
	found := s.search()
	if err := found.badGiven(s.opts); err != nil {
		return nil, err
	}
	for _, programs := range [][]*program{found.given, found.programs} {
		if err := s.identifyAll(ctx, programs); err != nil {
			return nil, err
		}
		var claim []*program
		for _, p := range programs {
			told, err := s.identify(ctx, p)
			switch {
			case err != nil && (p.given || ctx.Err() != nil):
				return nil, err
			case err != nil:
				s.logLine(p, "passed over: "+err.Error())
			case w.claimed(told):
				claim = append(claim, p)
			}
		}
		if p, err := single(w, claim); p != nil || err != nil {
			return p, err
		}
	}
	return nil, s.nothing(ctx, w, found)
}

// untyped is the error for a checkpoint that does not say what it is.
func untyped(w want) error {
	if w.format == archpb.DescribeRequest_FORMAT_GGUF {
		return fmt.Errorf("%s: the metadata has no general.architecture", w.model)
	}
	return hint.With(fmt.Errorf("%s: config.json has no model_type", w.model),
		`a model's config.json names its architecture under the key "model_type"`)
}

// badGiven is the error for what --plugin names and is no program, and for what
// --debug-plugin gives and is no address.
func (s *search) badGiven(opts Options) error {
	for _, u := range s.unusable {
		if slices.Contains(opts.Debug, u.path) {
			return hint.With(fmt.Errorf("debug plugin %q: %w", u.path, u.err), "a plugin that is started with NUGGET_PLUGIN_DEBUG=1 prints its address")
		}
		if slices.Contains(opts.Binaries, u.path) {
			return hint.With(fmt.Errorf("plugin %s: %w", u.path, u.err), s.meant(u.path)+"--plugin takes the path of a plugin's program, "+prefix+"<family>")
		}
	}
	return nil
}

// meant is the program that a path was probably meant to be: one beside it, or one that
// was found.
func (s *search) meant(path string) string {
	dir, name := filepath.Split(path)
	paths := make(map[string]string)
	var names []string
	for _, p := range s.programs {
		names, paths[filepath.Base(p.path)] = append(names, filepath.Base(p.path)), p.path
	}
	entries, _ := os.ReadDir(filepath.Clean(dir))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			names, paths[e.Name()] = append(names, e.Name()), filepath.Join(dir, e.Name())
		}
	}
	near := hint.Nearest(name, names)
	if near == "" && paths[name] != "" {
		near = name
	}
	if near == "" {
		return ""
	}
	return "did you mean " + paths[near] + "? "
}

// single is the one plugin of those that claim a kind. Copies of one program are one.
func single(w want, claim []*program) (*program, error) {
	for _, p := range claim {
		first, err := claim[0].hash()
		if err != nil {
			return nil, err
		}
		if hash, err := p.hash(); err != nil || hash != first {
			err := fmt.Errorf("two plugins describe %s: %s and %s", w, claim[0].path, p.path)
			if p.given {
				return nil, hint.With(err, "name one of them with --plugin")
			}
			return nil, hint.With(err, "choose one with --plugin "+claim[0].path)
		}
	}
	if len(claim) == 0 {
		return nil, nil
	}
	return claim[0], nil
}

// nothing is the error of a search that failed: what for, what there is, and where
// it was looked for.
func (s *Set) nothing(ctx context.Context, w want, found *search) error {
	var plugins, folders, broken []string
	for _, p := range slices.Concat(found.given, found.programs) {
		if told, err := s.identify(ctx, p); err != nil {
			broken = append(broken, err.Error())
		} else {
			plugins = append(plugins, fmt.Sprintf("%s (%s)", p.name, types(w, told)))
		}
	}
	for _, u := range found.unusable {
		broken = append(broken, fmt.Sprintf("%s: %v", u.path, u.err))
	}
	for _, f := range found.folders {
		folders = append(folders, f.String())
	}
	text := fmt.Sprintf("%s: no plugin describes %s; plugins found: %s; looked in: %s",
		w.model, w, list(plugins), list(folders))
	if len(broken) > 0 {
		text += "; broken: " + strings.Join(broken, ", ")
	}
	return hint.With(fmt.Errorf("%s", text), s.near(ctx, w, found)+fmt.Sprintf(
		"put a plugin for it, %s<family>, into one of these folders or into one that $NUGGET_PLUGIN_PATH lists, or name it with --plugin", prefix))
}

// near says which kind is the nearest that is described.
func (s *Set) near(ctx context.Context, w want, found *search) string {
	by := make(map[string]string)
	var all []string
	for _, p := range slices.Concat(found.given, found.programs) {
		told, err := s.identify(ctx, p)
		if err != nil {
			continue
		}
		names := told.GetModelTypes()
		if w.format == archpb.DescribeRequest_FORMAT_GGUF {
			names = told.GetGgufArchitectures()
		}
		for _, n := range names {
			by[n] = p.name
			all = append(all, n)
		}
	}
	nearest := hint.Nearest(w.typ, all)
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf("the nearest that is described is %q, by %s; else ", nearest, by[nearest])
}

// types are those that a plugin claims, of the format wanted.
func types(w want, of *identity) string {
	names := of.ModelTypes
	if w.format == archpb.DescribeRequest_FORMAT_GGUF {
		names = of.GgufArchitectures
	}
	return list(names)
}

func list(items []string) string {
	if len(items) == 0 {
		return "none"
	}
	return strings.Join(items, ", ")
}
