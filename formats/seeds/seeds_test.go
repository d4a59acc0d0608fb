package seeds

import (
	"reflect"
	"strings"
	"testing"
)

func TestTokensAndLabelsAreTakenAsTheyAre(t *testing.T) {
	data := "\uFEFF{\"input_ids\":[5,6,7],\"labels\":[-100,6,7],\"id\":1}\r\n\n  \n{\"labels\":[1,2],\"input_ids\":[1,2]}"
	got, err := new(Encoder).Load(strings.NewReader(data), "seeds.jsonl")
	want := []Sample{
		{1, []int32{5, 6, 7}, []int32{Ignored, 6, 7}},
		{4, []int32{1, 2}, []int32{1, 2}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, %v", got, err)
	}
}
