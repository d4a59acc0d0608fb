package transfer

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// card is the model card: front matter as the HuggingFace hub reads it from PEFT's own
// cards, then what the adapter is and how to use it.
func (r *Result) card() []byte {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	teacher, student, o := r.Report.Teacher, r.Report.Student, r.Report.Options
	p("---\nbase_model: %s\nlibrary_name: peft\npipeline_tag: text-generation\ntags:\n- %s\n- lora\n- nugget\n---\n",
		yaml(student.Path), yaml("base_model:adapter:"+student.Path))
	p("# What `%s` knows, for `%s`\n", teacher.Path, student.Path)
	p("A LoRA adapter whose start is made of the teacher's own parameters, with Nugget, after")
	p("\"Seeking Neural Nuggets: Knowledge Transfer in Large Language Models from a Parametric")
	p("Perspective\" ([arXiv 2310.11451](https://arxiv.org/abs/2310.11451)). It is a start for")
	p("fine-tuning: until it is trained, the student with it answers as the student alone.\n")

	p("## What was taken\n")
	p("| | |\n|---|---|")
	p("| teacher | `%s` (%s, %d layers) |", teacher.Path, teacher.Family, teacher.Layers)
	p("| student | `%s` (%s, %d layers) |", student.Path, student.Family, student.Layers)
	p("| samples | %d, %d tokens counted%s |", r.Report.Seeds.Samples, r.Report.Seeds.Counted, ofFile(r.Report.Seeds.Path))
	p("| teacher's loss on them | %.4f |", mean(r.Report.Losses))
	p("| teacher's layers | %s (%s) |", list(r.Report.Layers), o.Layers)
	p("| of each matrix | %s, rank %d |", o.Structure, o.Rank)
	p("| modules | %d (%s) |\n", len(r.Report.Modules), o.Modules)
	for _, line := range r.Report.LeftOut {
		p("- left out: %s", line)
	}
	if len(r.Report.LeftOut) > 0 {
		p("")
	}
	p("`transfer.json` has every window, the share of the sensitivity that is in it, and what the")
	p("rank keeps of it.\n")
	p("## How to use it\n")
	if student.Format == "gguf" && len(student.Files) > 1 {
		p("transformers reads no GGUF model in parts: join them first (`gguf-split --merge`),")
		p("and name what comes of it.\n")
	}
	if o.Start == Plain {
		b.WriteString(plainUse(loading(student), o.Rank))
	} else {
		b.WriteString(paperUse(loading(student)))
	}
	return []byte(b.String())
}

// loading is the arguments of from_pretrained.
func loading(m ModelReport) string {
	if m.Format != "gguf" {
		return quote(m.Path)
	}
	folder, file := m.Path, filepath.Base(m.Path)
	if strings.EqualFold(filepath.Ext(file), ".gguf") {
		folder = filepath.Dir(folder)
	} else if len(m.Files) > 0 { // it was named by its folder
		file = m.Files[0].Name
	}
	return quote(folder) + ", gguf_file=" + quote(file)
}

// plainUse explains the plain start.
func plainUse(student string, rank int) string {
	return fmt.Sprintf(`~~~python
from transformers import AutoModelForCausalLM
from peft import PeftModel

model = AutoModelForCausalLM.from_pretrained(%s)
model = PeftModel.from_pretrained(model, "this folder", is_trainable=True)
~~~

Then train as any LoRA adapter. It has twice the rank that was taken, B = [B0 | 0] and
A = [0 ; A0] (rank %d each): B A is zero, and the first step has the gradients of a start at
(B0, A0).
`, student, rank)
}

// paperUse explains the paper's start.
func paperUse(student string) string {
	return fmt.Sprintf(`Training begins at `+"`init`"+` (B0, A0), on the student with `+"`negative`"+` (B0, -A0) merged into it:
together they are the student.

~~~python
from transformers import AutoModelForCausalLM
from peft import PeftModel

model = AutoModelForCausalLM.from_pretrained(%s)
model = PeftModel.from_pretrained(model, "this folder/negative").merge_and_unload()
model = PeftModel.from_pretrained(model, "this folder/init", is_trainable=True)
~~~

What training makes of `+"`init`"+` fits the student with `+"`negative`"+` merged only. One adapter for the
student as it is:

~~~sh
nugget convert --init "this folder/init" --out plain trained
~~~
`, student)
}

func ofFile(path string) string {
	if path == "" {
		return ""
	}
	return ", of `" + path + "`"
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(len(values), 1))
}

func list(layers []int) string {
	words := make([]string, len(layers))
	for i, l := range layers {
		words[i] = fmt.Sprint(l)
	}
	return strings.Join(words, ", ")
}

// plainYAML is what YAML reads as a string without quotes.
var plainYAML = regexp.MustCompile(`^[A-Za-z./][A-Za-z0-9._/-]*(:[A-Za-z0-9._/-]+)*$`)

func yaml(s string) string {
	if plainYAML.MatchString(s) {
		return s
	}
	return quote(s)
}

// quote is a string as JSON, YAML and Python write it.
func quote(s string) string {
	q, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(q)
}
