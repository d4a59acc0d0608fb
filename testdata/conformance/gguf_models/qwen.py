"""Qwen2, Qwen3 and Qwen3's experts, which llama.cpp stacks."""

from .format import NAMES, Format, base, rope

EXPERTS = {
    "mlp.gate": "ffn_gate_inp",
    "mlp.experts.*.gate_proj": "ffn_gate_exps",
    "mlp.experts.*.up_proj": "ffn_up_exps",
    "mlp.experts.*.down_proj": "ffn_down_exps",
}


def dense(w, config):
    base(w, config)
    rope(w, config.rope_parameters)
    if getattr(config, "head_dim", None):
        w.add_key_length(config.head_dim)
        w.add_value_length(config.head_dim)


def sparse(w, config):
    dense(w, config)
    w.add_expert_count(config.num_experts)
    w.add_expert_used_count(config.num_experts_per_tok)
    w.add_expert_feed_forward_length(config.moe_intermediate_size)


FORMATS = {
    "qwen2": Format("qwen2", dense),
    "qwen3": Format("qwen3", dense),
    "qwen3_moe": Format("qwen3moe", sparse, names=NAMES | EXPERTS),
}
