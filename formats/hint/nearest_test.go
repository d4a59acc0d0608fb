package hint

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"llama", "gemma3_text", "qwen2", "qwen3", "x", "nugget-arch-llama"}
	for typed, want := range map[string]string{
		"lama": "llama", "Llama": "llama", "gemma3text": "gemma3_text", "qwen33": "qwen3",
		"mamba": "", "": "", "y": "", "llama": "nugget-arch-llama", "nugget-arch-lama": "nugget-arch-llama",
	} {
		got := Nearest(typed, names)
		if typed == "llama" { // the name itself is no suggestion
			want = ""
		}
		if got != want {
			t.Errorf("Nearest(%q) = %q, want %q", typed, got, want)
		}
	}
}
