package main

import (
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

const (
	layerPath = "model.layers.{layer}."
	attnPath  = layerPath + "self_attn."
	mlpPath   = layerPath + "mlp."
)

func (s shape) qWidth() int  { return s.heads.Count * s.heads.Dim }
func (s shape) kvWidth() int { return s.heads.KV * s.heads.Dim }

// parallelBlock is Phi's: attention and MLP read the same norm.
func (s shape) parallelBlock() *archpb.Block {
	steps := []sdk.Step{sdk.LayerNorm(layerPath+"input_layernorm", s.hidden, s.eps).From("h").As("x")}
	steps = append(steps, s.query("q", archpb.Role_ROLE_Q, s.qWidth())...)
	steps = append(steps, s.query("k", archpb.Role_ROLE_K, s.kvWidth())...)
	return sdk.Block("layer", append(steps,
		sdk.Linear(attnPath+"v_proj", archpb.Role_ROLE_V, s.hidden, s.kvWidth()).Bias(true).From("x").As("v"),
		sdk.Attention(s.heads).From("q", "k", "v"),
		sdk.Linear(attnPath+"dense", archpb.Role_ROLE_O, s.qWidth(), s.hidden).Bias(true).As("attended"),
		sdk.Linear(mlpPath+"fc1", archpb.Role_ROLE_UP, s.hidden, s.ffn).Bias(true).From("x"),
		sdk.Activate(s.activation),
		sdk.Linear(mlpPath+"fc2", archpb.Role_ROLE_DOWN, s.ffn, s.hidden).Bias(true).As("changed"),
		sdk.Add("h", "attended", "changed").As("h"),
	)...)
}

// query is q or k of Phi: projected, normed a head at a time, rotated.
func (s shape) query(name string, role archpb.Role, width int) []sdk.Step {
	steps := []sdk.Step{sdk.Linear(attnPath+name+"_proj", role, s.hidden, width).Bias(true).From("x")}
	if s.headNorms {
		steps = append(steps, sdk.LayerNorm(attnPath+name+"_layernorm", s.heads.Dim, s.eps))
	}
	return append(steps, sdk.Rope(s.rope).As(name))
}

// fusedBlock is Phi-3's: LLaMA's, with its maps of one input put together.
func (s shape) fusedBlock() *archpb.Block {
	q, kv := s.qWidth(), s.kvWidth()
	return sdk.Block("layer",
		sdk.RMSNorm(layerPath+"input_layernorm", s.hidden, s.eps).From("h"),
		sdk.Linear(attnPath+"qkv_proj", archpb.Role_ROLE_QKV, s.hidden, q+2*kv).
			Fused(1, []archpb.Role{archpb.Role_ROLE_Q, archpb.Role_ROLE_K, archpb.Role_ROLE_V}, q, kv, kv),
		sdk.Split(1, q, kv, kv).As("straight q", "straight k", "v"),
		sdk.Rope(s.rope).From("straight q").As("q"),
		sdk.Rope(s.rope).From("straight k").As("k"),
		sdk.Attention(s.heads).From("q", "k", "v"),
		sdk.Linear(attnPath+"o_proj", archpb.Role_ROLE_O, q, s.hidden).As("attended"),
		sdk.Add("h", "attended").As("r"),
		sdk.RMSNorm(layerPath+"post_attention_layernorm", s.hidden, s.eps),
		sdk.Linear(mlpPath+"gate_up_proj", archpb.Role_ROLE_GATE_UP, s.hidden, 2*s.ffn).
			Fused(1, []archpb.Role{archpb.Role_ROLE_GATE, archpb.Role_ROLE_UP}, s.ffn, s.ffn),
		sdk.Split(1, s.ffn, s.ffn).As("gate", "up"),
		sdk.Activate(s.activation).From("gate").As("opened"),
		sdk.Multiply("opened", "up"),
		sdk.Linear(mlpPath+"down_proj", archpb.Role_ROLE_DOWN, s.ffn, s.hidden).As("changed"),
		sdk.Add("r", "changed").As("h"),
	)
}
