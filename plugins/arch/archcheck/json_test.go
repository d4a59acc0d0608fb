package archcheck

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestJSONKeepsOrderAndDigits(t *testing.T) {
	v, err := parse([]byte(` {"b": 1.50, "a": {"y": [1,  2], "x": null}, "c": "é"} `))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ got, want string }{
		{string(v.write(false)), `{"b":1.50,"a":{"y":[1,2],"x":null},"c":"é"}`},
		{string(v.write(true)), `{"c":"é","a":{"x":null,"y":[1,2]},"b":1.50}`},
		{fmt.Sprint(v.paths()), `[[b] [a] [a y] [a x] [c]]`},
		{string(v.with([]string{"a", "x"}, nil).write(false)), `{"b":1.50,"a":{"y":[1,2]},"c":"é"}`},
		{string(v.with([]string{"b"}, json.RawMessage("-1")).write(false)), `{"b":-1,"a":{"y":[1,2],"x":null},"c":"é"}`},
		{string(v.write(false)), `{"b":1.50,"a":{"y":[1,2],"x":null},"c":"é"}`},
	} {
		if c.got != c.want {
			t.Errorf("%s, expected %s", c.got, c.want)
		}
	}
}
