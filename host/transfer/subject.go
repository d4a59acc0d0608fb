package transfer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// subject is what a run is of. All of it has a part in the result's bytes.
type subject struct {
	Format   int               `json:"format"`
	Versions map[string]string `json:"versions"`
	Options  OptionsReport     `json:"options"`
	Teacher  ModelReport       `json:"teacher"`
	Student  ModelReport       `json:"student"`
	Seeds    SeedsReport       `json:"seeds"`
	// Samples is a hash of the samples' tokens and labels, Described of what the plugins
	// say of the models.
	Samples   string `json:"samples"`
	Described string `json:"described"`
}

const keptFormat = 1

func subjectOf(p *plan, samples []seeds.Sample, backend string) (subject, error) {
	r := newReport(p, &measured{backend: backend}, samples)
	id := subject{Format: keptFormat, Versions: r.Versions, Options: r.Options, Teacher: r.Teacher, Student: r.Student, Seeds: r.Seeds}
	h := sha256.New()
	for _, s := range samples {
		for _, list := range [][]int32{s.Tokens, s.Labels} {
			if err := binary.Write(h, binary.LittleEndian, append([]int32{int32(len(list))}, list...)); err != nil {
				return id, err
			}
		}
	}
	id.Samples = hex.EncodeToString(h.Sum(nil))
	h.Reset()
	for _, a := range []*arch.Architecture{p.teacher.Arch, p.student.Arch} {
		if err := json.NewEncoder(h).Encode(a); err != nil {
			return id, err
		}
	}
	id.Described = hex.EncodeToString(h.Sum(nil))
	return id, nil
}

// hashes takes those of the files.
func (id *subject) hashes(f *fingerprints) {
	id.Teacher.Files, id.Student.Files, id.Seeds.SHA256 = f.teacher, f.student, f.seeds
	id.Teacher.SHA256, id.Student.SHA256 = whole(f.teacher), whole(f.student)
}

// hashesOf takes another's.
func (id *subject) hashesOf(other subject) {
	id.Teacher.Files, id.Student.Files, id.Seeds.SHA256 = other.Teacher.Files, other.Student.Files, other.Seeds.SHA256
	id.Teacher.SHA256, id.Student.SHA256 = other.Teacher.SHA256, other.Student.SHA256
}

func readSubject(path string) (id subject, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return id, err
	}
	if err := json.Unmarshal(raw, &id); err != nil {
		return id, fmt.Errorf("%s: %w", path, err)
	}
	return id, nil
}

// same names the first difference from an earlier run's.
func (id subject) same(then subject) error {
	now, err := flatten(id)
	if err != nil {
		return err
	}
	before, err := flatten(then)
	if err != nil {
		return err
	}
	names := slices.AppendSeq(slices.Collect(maps.Keys(now)), maps.Keys(before))
	slices.Sort(names)
	for _, name := range names {
		if now[name] != before[name] {
			return fmt.Errorf("the run was begun with %s %s, found %s", name, orNone(before[name]), orNone(now[name]))
		}
	}
	return nil
}

func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return value
}

// flatten lists what a subject says, by names such as "options rank".
func flatten(id subject) (map[string]string, error) {
	raw, err := json.Marshal(id)
	if err != nil {
		return nil, err
	}
	var v any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	all := make(map[string]string)
	var walk func(name string, v any)
	walk = func(name string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				walk(strings.TrimSpace(name+" "+strings.ReplaceAll(key, "_", " ")), value)
			}
		case []any:
			for i, value := range v {
				walk(fmt.Sprintf("%s %d", name, i+1), value)
			}
		case nil:
		default:
			all[name] = fmt.Sprint(v)
		}
	}
	walk("", v)
	return all, nil
}
