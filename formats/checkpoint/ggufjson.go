package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
)

// maxArray is how many elements of an array go into the JSON.
const maxArray = 1024

// metadataJSON writes GGUF metadata as plugins/arch/arch.proto has it. A float32 is
// written as the float64 that equals it, so that it means the same to every reader.
func metadataJSON(keys []string, metadata map[string]any) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			b.WriteByte(',')
		}
		writeString(&b, key)
		b.WriteByte(':')
		writeValue(&b, reflect.ValueOf(metadata[key]))
	}
	b.WriteByte('}')
	return b.Bytes()
}

func writeValue(b *bytes.Buffer, v reflect.Value) {
	switch {
	case !v.IsValid():
		b.WriteString("null")
	case v.Kind() == reflect.Interface:
		writeValue(b, v.Elem())
	case v.Kind() == reflect.String:
		writeString(b, v.String())
	case v.Kind() == reflect.Bool:
		b.WriteString(strconv.FormatBool(v.Bool()))
	case v.CanInt():
		b.WriteString(strconv.FormatInt(v.Int(), 10))
	case v.CanUint():
		b.WriteString(strconv.FormatUint(v.Uint(), 10))
	case v.CanFloat():
		writeFloat(b, v.Float())
	case v.Kind() == reflect.Slice:
		writeArray(b, v)
	default:
		panic(fmt.Sprintf("checkpoint: a GGUF value of type %s", v.Type()))
	}
}

func writeArray(b *bytes.Buffer, v reflect.Value) {
	if v.Len() > maxArray {
		fmt.Fprintf(b, `{"length":%d}`, v.Len())
		return
	}
	b.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			b.WriteByte(',')
		}
		writeValue(b, v.Index(i))
	}
	b.WriteByte(']')
}

func writeFloat(b *bytes.Buffer, f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		b.WriteString("null")
		return
	}
	text, _ := json.Marshal(f) // a finite number can't fail
	b.Write(text)
}

// writeString writes bytes that aren't UTF-8 as U+FFFD.
func writeString(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can't fail
	b.Truncate(b.Len() - 1)
}
