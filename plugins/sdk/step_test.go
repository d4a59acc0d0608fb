package sdk

import (
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Every builder, beside the message that it stands for.
func TestStepsSayWhatTheyAreBuiltFrom(t *testing.T) {
	for _, c := range []struct {
		step Step
		want string
	}{
		{Embed("e", archpb.Role_ROLE_EMBED, 5, 3).From("tokens").As("h"),
			`in:"tokens" out:"h" kind:"embed" embed:{module:{path:"e" role:ROLE_EMBED} rows:5 width:3}`},
		{Embed("p", archpb.Role_ROLE_POSITION, 7, 3).Skip(2).From("positions"),
			`in:"positions" kind:"embed" embed:{module:{path:"p" role:ROLE_POSITION} rows:7 width:3 offset:2}`},
		{Linear("a.q", archpb.Role_ROLE_Q, 3, 4).Bias(true).Tensor("b.q").From("x"),
			`in:"x" kind:"linear" linear:{module:{path:"a.q" tensor:"b.q" role:ROLE_Q bias:true} in:3 out:4}`},
		{Linear("c", archpb.Role_ROLE_UP, 3, 4).Conv1D(),
			`kind:"linear" linear:{module:{path:"c" role:ROLE_UP layout:{transposed:true}} in:3 out:4 fan_in_fan_out:true}`},
		{Linear("u", archpb.Role_ROLE_UNEMBED, 3, 5).TiedTo("e").As("logits"),
			`out:"logits" kind:"linear" linear:{module:{path:"u" role:ROLE_UNEMBED tied_to:"e"} in:3 out:5}`},
		{Linear("f", archpb.Role_ROLE_QKV, 3, 12).Fused(2, []archpb.Role{archpb.Role_ROLE_Q, archpb.Role_ROLE_K, archpb.Role_ROLE_V}, 4, 1, 1),
			`kind:"linear" linear:{module:{path:"f" role:ROLE_QKV} in:3 out:12 parts:{roles:[ROLE_Q,ROLE_K,ROLE_V] sizes:[4,1,1] groups:2}}`},
		{Linear("s", archpb.Role_ROLE_UP, 3, 4).Stacked(),
			`kind:"linear" linear:{module:{path:"s" role:ROLE_UP layout:{stacked:true}} in:3 out:4}`},
		{RMSNorm("n", 3, 1e-6).Offset(1),
			`kind:"norm" norm:{module:{path:"n" role:ROLE_NORM} kind:KIND_RMS eps:1e-6 offset:1 width:3}`},
		{LayerNorm("n", 3, 1e-5),
			`kind:"norm" norm:{module:{path:"n" role:ROLE_NORM bias:true} kind:KIND_LAYER eps:1e-5 width:3}`},
		{RMSNorm("n", 3, 1e-6).Groups(2),
			`kind:"norm" norm:{module:{path:"n" role:ROLE_NORM} kind:KIND_RMS eps:1e-6 width:3 groups:2}`},
		{BareLayerNorm(3, 1e-5), `kind:"norm" norm:{kind:KIND_LAYER eps:1e-5 width:3}`},
		{LayerNorm("n", 3, 1e-5).Bias(false),
			`kind:"norm" norm:{module:{path:"n" role:ROLE_NORM} kind:KIND_LAYER eps:1e-5 width:3}`},
		{Rope(&archpb.Rope{HeadDim: 4}), `kind:"rope" rope:{head_dim:4}`},
		{Attention(Heads{Count: 4, KV: 2, Dim: 16}).From("q", "k", "v"),
			`in:["q","k","v"] kind:"attention" attention:{heads:4 kv_heads:2 head_dim:16 scale:0.25}`},
		{Attention(Heads{Count: 1, KV: 1, Dim: 16, Scale: 2, Softcap: 50, Window: 7, AlibiSlopes: []float64{0.5}}),
			`kind:"attention" attention:{heads:1 kv_heads:1 head_dim:16 scale:2 softcap:50 window:7 alibi_slopes:0.5}`},
		{Activate(archpb.Activation_FUNCTION_GELU), `kind:"activation" activation:{function:FUNCTION_GELU}`},
		{Add("h", "a").As("r"), `in:["h","a"] out:"r" kind:"combine" combine:{kind:KIND_ADD}`},
		{Multiply("g", "u"), `in:["g","u"] kind:"combine" combine:{kind:KIND_MULTIPLY}`},
		{Scale(3), `kind:"scale" scale:{by:3}`},
		{Softcap(30), `kind:"softcap" softcap:{cap:30}`},
		{Split(2, 4, 1).As("a", "b"), `out:["a","b"] kind:"split" split:{sizes:[4,1] groups:2}`},
		{Join("a", "b").As("q"), `in:["a","b"] out:"q" kind:"join" join:{}`},
		{Experts(Linear("r", archpb.Role_ROLE_ROUTER, 3, 8), 8, 2, true, Scale(2).From("x")),
			`kind:"experts" experts:{router:{module:{path:"r" role:ROLE_ROUTER} in:3 out:8} count:8 top_k:2 renormalize:true body:{in:"x" kind:"scale" scale:{by:2}}}`},
		// What is no size of the contract's becomes one that the host refuses.
		{Linear("w", archpb.Role_ROLE_UP, -1, -2), `kind:"linear" linear:{module:{path:"w" role:ROLE_UP} in:4294967295 out:4294967295}`},
	} {
		want := new(archpb.Step)
		if err := prototext.Unmarshal([]byte(c.want), want); err != nil {
			t.Fatalf("%s: %v", c.want, err)
		}
		if got := Program(c.step)[0]; !proto.Equal(got, want) {
			t.Errorf("%v\nexpected %v", got, want)
		}
	}
}

func TestModulesVisitsEveryModule(t *testing.T) {
	m := &archpb.Model{
		Prologue: Program(Embed("e", archpb.Role_ROLE_EMBED, 5, 3)),
		Blocks: []*archpb.Block{Block("b", RMSNorm("n", 3, 0), Scale(1), Experts(Linear("r", archpb.Role_ROLE_ROUTER, 3, 2), 2, 1, false,
			Linear("x.w", archpb.Role_ROLE_UP, 3, 3)))},
		Epilogue: Program(Linear("x.u", archpb.Role_ROLE_UNEMBED, 3, 5).Tensor("kept")),
		Layers:   Repeat(3),
	}
	TrimTensors(m, "x.")
	NameTensors(m, map[string]string{"e": "token_embd", "r": "router"})
	var got string
	Modules(m, func(m *archpb.Module) { got += m.Path + "=" + m.Tensor + " " })
	if want := "e=token_embd n= r=router x.w=w x.u=kept "; got != want {
		t.Errorf("%s, expected %s", got, want)
	}
	if len(m.Layers) != 3 || m.Layers[2] != 0 {
		t.Errorf("layers %v", m.Layers)
	}
}
