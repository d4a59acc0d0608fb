package main

import "testing"

func TestLastNumber(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		"none":                          "",
		"72":                            "72",
		"#### 1,234":                    "1234",
		"it costs $5.50.":               "11/2",
		"5.0":                           "5",
		"3 and then 4, 5":               "5",
		"is -3":                         "-3",
		"-$3":                           "-3",
		"= \u22127":                     "-7",
		"5-3":                           "3",
		"f(x)-3":                        "3",
		"top-10":                        "10",
		"5 - 3":                         "3",
		"from 5 to -2 degrees":          "-2",
		".5":                            "1/2",
		"100%":                          "100",
		"x2":                            "2",
		"1,":                            "1",
		"99999999999999999999999999.5":  "199999999999999999999999999/2",
		"the answer is 18\n\nQ: 7 plus": "7",
	} {
		got := ""
		if n := lastNumber(text); n != nil {
			got = n.RatString()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
