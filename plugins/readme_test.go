// Package plugins has no code: its test holds README.md to what it speaks of.
package plugins

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

func page(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Code on the page is code of the file that its first line names. (What it shows as
// typed is typed by a script of host/nugget's.)
func TestCodeIsThatOfTheFiles(t *testing.T) {
	blocks := strings.Split(page(t), "```go\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("no code")
	}
	for _, block := range blocks {
		code, _, _ := strings.Cut(block, "```")
		first, code, _ := strings.Cut(code, "\n")
		raw, err := os.ReadFile(strings.TrimPrefix(first, "// "))
		if err != nil {
			t.Errorf("code that names no file: %v", err)
		} else if !strings.Contains(string(raw), code) {
			t.Errorf("%s does not have\n%s", first, code)
		}
	}
}

// Every step, every field of one, every role, function and layout has its place.
func TestPageHasTheWholeContract(t *testing.T) {
	text := page(t)
	row := func(name string) string {
		return regexp.MustCompile("(?m)^\\| `" + name + "` \\|.*$").FindString(text)
	}
	ops := archpb.File_arch_proto.Messages().ByName("Step").Oneofs().ByName("op").Fields()
	for i := range ops.Len() {
		op := ops.Get(i)
		line := row(string(op.Name()))
		if line == "" {
			t.Errorf("no row for the step %s", op.Name())
		}
		fields := op.Message().Fields()
		for k := range fields.Len() {
			if name := string(fields.Get(k).Name()); !strings.Contains(line, "`"+name+"`") {
				t.Errorf("the row of %s does not have its field %s", op.Name(), name)
			}
		}
	}
	fields := archpb.File_arch_proto.Messages().ByName("Layout").Fields()
	for i := range fields.Len() {
		if row(string(fields.Get(i).Name())) == "" {
			t.Errorf("no row for the layout %s", fields.Get(i).Name())
		}
	}
	for _, of := range []struct {
		values protoreflect.EnumValueDescriptors
		prefix string
		in     string
	}{
		{archpb.Role(0).Descriptor().Values(), "ROLE_", section(t, text, "## Roles")},
		{archpb.Activation_Function(0).Descriptor().Values(), "FUNCTION_", row("activation")},
	} {
		for i := 1; i < of.values.Len(); i++ {
			name := strings.ToLower(strings.TrimPrefix(string(of.values.Get(i).Name()), of.prefix))
			if !regexp.MustCompile(`\b` + name + `\b`).MatchString(of.in) {
				t.Errorf("nothing is said of %s", name)
			}
		}
	}
}

func section(t *testing.T, text, title string) string {
	t.Helper()
	_, after, ok := strings.Cut(text, title+"\n")
	if !ok {
		t.Fatalf("no section %s", title)
	}
	part, _, _ := strings.Cut(after, "\n## ")
	return part
}

// What the page calls by a Go name there is.
func TestNamesExist(t *testing.T) {
	known := map[string]bool{}
	for _, pkg := range []string{"sdk", "archtest"} {
		dir := pkg
		if pkg == "archtest" {
			dir = filepath.Join("sdk", pkg)
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					known[pkg+"."+receiver(d)+d.Name.Name] = true
				case *ast.GenDecl:
					for _, s := range d.Specs {
						if ts, ok := s.(*ast.TypeSpec); ok {
							known[pkg+"."+ts.Name.Name] = true
						}
					}
				}
			}
		}
	}
	names := regexp.MustCompile(`\b(sdk|archtest)\.[A-Z]\w*(\.[A-Z]\w*)?`).FindAllString(page(t), -1)
	if len(names) < 30 {
		t.Errorf("only %d names", len(names))
	}
	for _, name := range names {
		if !known[name] {
			t.Errorf("there is no %s", name)
		}
	}
	for _, m := range regexp.MustCompile("`\\.([A-Z]\\w*)").FindAllStringSubmatch(page(t), -1) {
		if !known["sdk.Step."+m[1]] {
			t.Errorf("a step has no method %s", m[1])
		}
	}
}

// receiver is "Config." of a method of *Config.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if name, ok := typ.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}

func TestLinksLeadSomewhere(t *testing.T) {
	text := page(t)
	for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1) {
		switch to := m[1]; {
		case strings.HasPrefix(to, "https://"):
		case strings.HasPrefix(to, "#"):
			if !strings.Contains(strings.ToLower(text), "\n## "+strings.TrimPrefix(to, "#")+"\n") {
				t.Errorf("no section %s", to)
			}
		default:
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %v", to, err)
			}
		}
	}
}
