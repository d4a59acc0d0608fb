package sdk

import (
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

func TestLayerTypes(t *testing.T) {
	missing := func(i int) string { return []string{SlidingAttention, FullAttention}[i] }
	for config, want := range map[string][]string{
		`{}`:                   {SlidingAttention, FullAttention},
		`{"layer_types":null}`: {SlidingAttention, FullAttention},
		`{"layer_types":["full_attention","sliding_attention"]}`: {FullAttention, SlidingAttention},
	} {
		c := hf(config)
		if got := c.LayerTypes(2, missing); c.Err() != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, error %v", config, got, c.Err())
		}
	}
	for config, want := range map[string]string{
		`{"layer_types":"full_attention"}`:                   `config.json: layer_types is "full_attention", expected a list of strings`,
		`{"layer_types":["full_attention"]}`:                 `config.json: layer_types has 1 entries, expected 2, one a layer`,
		`{"layer_types":["full_attention","mamba"]}`:         `config.json: layer_types has "mamba" for layer 1, expected "full_attention" or "sliding_attention"`,
		`{"layer_types":["full_attention", 3]}`:              `config.json: layer_types is ["full_attention",3], expected a list of strings`,
		`{"layer_types":["full_attention","a\nb \u0000 c"]}`: `config.json: layer_types has "a\nb \x00 c" for layer 1`,
	} {
		c := hf(config)
		got := c.LayerTypes(2, missing)
		if err := c.Err(); err == nil || !strings.HasPrefix(err.Error(), want) || len(got) != 2 {
			t.Errorf("%s: %v, error %v, expected %s", config, got, err, want)
		}
	}
}

func TestBlocksGroupsLayersByKind(t *testing.T) {
	blocks, layers := Blocks([]string{"b", "a", "b", "c", "a"}, func(kind string) *archpb.Block { return Block(kind) })
	if !slices.Equal(layers, []uint32{0, 1, 0, 2, 1}) || len(blocks) != 3 || blocks[0].Name != "b" || blocks[1].Name != "a" || blocks[2].Name != "c" {
		t.Errorf("blocks %v, layers %v", blocks, layers)
	}
}

func TestInts(t *testing.T) {
	c := hf(`{"list":[3,0,4294967295],"empty":[]}`)
	if got := c.Ints("list"); !slices.Equal(got, []int{3, 0, maxSize}) || c.Ints("empty") == nil || c.Ints("missing") != nil || c.Err() != nil {
		t.Errorf("%v, error %v", got, c.Err())
	}
	for _, config := range []string{`{"list":[-1]}`, `{"list":[0.5]}`, `{"list":3}`, `{"list":["a"]}`, `{"list":[4294967296]}`} {
		c := hf(config)
		if c.Ints("list"); c.Err() == nil || !strings.Contains(c.Err().Error(), "list is ") {
			t.Errorf("%s: error %v", config, c.Err())
		}
	}
}

func TestAliasIsNamedInErrors(t *testing.T) {
	c := hf(`{"num_local_experts":-1}`)
	c.Alias("num_experts", "num_local_experts")
	if c.Int("num_experts", 3); c.Err() == nil || !strings.HasPrefix(c.Err().Error(), "config.json: num_local_experts is -1") {
		t.Errorf("error %v", c.Err())
	}
	c = hf(`{"num_local_experts":5,"num_experts":4}`)
	c.Alias("num_experts", "num_local_experts")
	if n := c.Int("num_experts", 3); n != 4 || c.Err() != nil {
		t.Errorf("%d, error %v", n, c.Err())
	}
}

// Gemma 3 has RoPE's parameters a type of layer, in three spellings.
func TestRopeOfLayerTypes(t *testing.T) {
	full := RopeDefaults{HeadDim: 4, MaxPositions: 64, Theta: 1e6, LayerType: FullAttention}
	sliding := RopeDefaults{HeadDim: 4, MaxPositions: 64, Theta: 1e4, LayerType: SlidingAttention, ThetaKey: "rope_local_base_freq"}
	// Of heads of 4 the second frequency is 1/sqrt(theta).
	for config, want := range map[string]struct{ full, sliding float64 }{
		`{}`: {1e-3, 1e-2},
		`{"rope_theta":100,"rope_local_base_freq":4}`:                                                                                              {0.1, 0.5},
		`{"rope_theta":100,"rope_scaling":{"rope_type":"linear","factor":8}}`:                                                                      {0.1 / 8, 1e-2},
		`{"rope_parameters":{"full_attention":{"rope_theta":100},"sliding_attention":{"rope_type":"linear","factor":2}},"rope_local_base_freq":4}`: {0.1, 0.25},
		`{"rope_parameters":{"rope_theta":100}}`:                                                                                                   {1e-3, 1e-2},
		`{"rope_parameters":{"full_attention":{"rope_theta":100}},"rope_scaling":{"rope_type":"linear","factor":8}}`:                               {0.1 / 8, 1e-2},
		`{"rope_parameters":{"full_attention":null,"sliding_attention":{"rope_theta":4}},"original_max_position_embeddings":3}`:                    {1e-3, 0.5},
	} {
		for defaults, want := range map[RopeDefaults]float64{full: want.full, sliding: want.sliding} {
			c := hf(config)
			r := c.Rope(defaults)
			if c.Err() != nil {
				t.Errorf("%s: %v", config, c.Err())
			} else if got := r.Frequencies.InvFreq[1]; got < 0.999999*want || got > 1.000001*want {
				t.Errorf("%s: %s has frequency %v, expected %v", config, defaults.LayerType, got, want)
			}
		}
	}
}

func TestGGUFLayerTypesReadsNumbersAndLists(t *testing.T) {
	for _, c := range []struct{ metadata, want string }{
		{`{}`, "ssfs"},
		{`{"attention.sliding_window_pattern":2}`, "sfsf"},
		{`{"attention.sliding_window_pattern":1}`, "ffff"},
		{`{"attention.sliding_window_pattern":[true,true,false,true]}`, "ssfs"},
		{`{"attention.sliding_window_pattern":null}`, "ssfs"},
		{`{"attention.sliding_window_pattern":0}`, "attention.sliding_window_pattern is 0, expected a positive integer"},
		{`{"attention.sliding_window_pattern":[true]}`, "attention.sliding_window_pattern has 1 entries, expected 4, one a layer"},
		{`{"attention.sliding_window_pattern":{"length":5}}`, `attention.sliding_window_pattern is {"length":5}, expected an integer`},
	} {
		config := hf(c.metadata)
		got := ""
		for _, layer := range config.GGUFLayerTypes(4, 3) {
			got += layer[:1]
		}
		if err := config.Err(); err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, expected %s", c.metadata, got, c.want)
		}
	}
}
