package report

import (
	"fmt"
	"strings"
	"testing"
)

func TestATrainingsCurve(t *testing.T) {
	dir := t.TempDir()
	var lines strings.Builder
	for step := 1; step <= 1000; step++ {
		fmt.Fprintf(&lines, `{"step":%d,"epoch":0.1,"loss":%v,"learning_rate":1e-3}`+"\n", step, 4-float64(step)/500)
		if step%500 == 0 {
			fmt.Fprintf(&lines, `{"step":%d,"eval_loss":%v,"eval_samples":3}`+"\n", step, 5-float64(step)/500)
		}
	}
	save(t, dir, metricsFile, lines.String()+`{"step":1001,"lo`)
	save(t, dir, trainFile, `{"start":"kaiming","options":{"learning_rate":0.0003,"seed":18446744073709551615},"inputs":{"data":"abc","none":null},"list":[1,2]}`)
	page := html(t, dir)
	want(t, page,
		"<title>A training · nugget</title>", "1,000 steps, loss 3.9980 to 2.0000", "as means over 5 steps",
		`<tr><th scope="row">5</th><td class="n">3.9940</td></tr>`, `<tr><th scope="row">1000</th><td class="n">2.0040</td></tr>`,
		"step 500: 4.0000", "step 1000: 3.0000",
		`<th scope="row">options, learning rate</th><td>0.0003</td>`, "18446744073709551615", `<th scope="row">list</th><td>1, 2</td>`,
	)
	if n := strings.Count(page, "<tr><th scope=\"row\">"); n != 200+2+5 {
		t.Errorf("%d rows, want 207", n)
	}
}

func TestMetricsThatAreWrongAreRefusedByLine(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, metricsFile, "{\"step\":1,\"loss\":2}\n{\"step\":\"two\"}\n")
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "metrics.jsonl line 2: is no line of metrics") {
		t.Errorf("%v", err)
	}
	save(t, dir, metricsFile, "\n")
	save(t, dir, trainFile, `{"a":`)
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), trainFile) {
		t.Errorf("%v", err)
	}
}

func FuzzMetrics(f *testing.F) {
	f.Add("{\"step\":1,\"loss\":2.5}\n{\"step\":1,\"eval_loss\":-1e308}\n", `{"a":{"b":[1,{"c":null}]}}`)
	f.Add("{\"step\":-9223372036854775808,\"loss\":1e308}\n{\"step\":9223372036854775807,\"loss\":-1e308}\n", `[]`)
	f.Fuzz(func(t *testing.T, metrics, settings string) {
		dir := t.TempDir()
		save(t, dir, metricsFile, metrics)
		save(t, dir, trainFile, settings)
		r, err := Read(dir)
		if err != nil {
			return
		}
		if err := r.Write(&strings.Builder{}); err != nil {
			t.Error(err)
		}
	})
}
