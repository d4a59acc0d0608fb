// Command kernelgen generates the assembly of the packages fused and product with avo.
// It is a module of its own so that its dependencies stay out of Nugget's.
//
// Run from host/engine/fused: go -C kernelgen run . ..
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: kernelgen DIR  (the folder of package fused; product is beside it)")
		os.Exit(2)
	}
	if err := generate(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "kernelgen:", err)
		os.Exit(1)
	}
}

// generate writes an assembly file and its Go declarations for each instruction set.
func generate(dir string) error {
	for name, write := range map[string]func(*build.Context){
		"avx2": avx2, "avx512": avx512, "avx512bf16": avx512bf16, "amx": amx, "peak": peaks,
	} {
		if err := file(dir, "fused", name, write); err != nil {
			return err
		}
	}
	return file(filepath.Join(dir, "..", "product"), "product", "avx2", product)
}

func file(dir, pkg, name string, write func(*build.Context)) error {
	c := build.NewContext()
	c.ConstraintExpr("amd64")
	c.Package(".")
	write(c)
	f, err := c.Result()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := pass.Compile.Execute(f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	config := printer.Config{Name: "kernelgen", Argv: []string{"kernelgen"}, Pkg: pkg}
	if err := print(printer.NewGoAsm(config), f, filepath.Join(dir, name+"_amd64.s")); err != nil {
		return err
	}
	return print(printer.NewStubs(config), f, filepath.Join(dir, name+"_amd64.go"))
}

func print(p printer.Printer, f *ir.File, path string) error {
	text, err := p.Print(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, text, 0o644)
}
