package engine

import "context"

// BackendInfo is what is known of a backend that could be used.
type BackendInfo struct {
	Name   string // what Options.Backend takes
	Where  string // the library's folder, or the variable that names it; "" for pure Go
	Path   string // the library; "" for pure Go
	Usable bool
	Note   string // why it cannot be used, or what is worth knowing
	Best   bool   // what "auto" takes
}

// Backends lists the backends that are there, the best first. To say whether one can
// be used it starts it.
func Backends() []BackendInfo {
	var all []BackendInfo
	for _, l := range libraries() {
		info := BackendInfo{Name: "xla:" + l.path, Where: l.found, Path: l.path}
		if d, err := openXLA(l.path, Options{}); err != nil {
			info.Note = err.Error()
		} else {
			info.Usable, info.Note = true, d.Description()
			d.close()
		}
		all = append(all, info)
	}
	plain := BackendInfo{Name: "go", Usable: true, Note: "always there"}
	switch {
	case slowProducts:
		plain.Note = "built without GOEXPERIMENT=simd: matrix products are about ten times slower"
	case !xlaBuilt:
		plain.Note = "the only one: this nugget was built without cgo"
	}
	all = append(all, plain)
	for i := range all {
		if all[i].Usable {
			all[i].Best = true
			break
		}
	}
	return all
}

// InstallBackend fetches a PJRT library, "cpu" (60 MB) or "cuda" (some GB, with
// NVIDIA's libraries), with go-xla's installer and returns the folder that it lies
// in. Nothing else in this package uses the network.
func InstallBackend(ctx context.Context, kind string) (folder string, err error) {
	return install(ctx, kind)
}
