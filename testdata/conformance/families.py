"""Small models of every family, a larger and a smaller one: (larger, smaller) config by
model_type. Sizes, depths and numbers of experts differ, and the vocabularies where the
embeddings are not to be transferred."""

import itertools


def sizes(d, heads, kv, ffn, layers, vocab, **more):
    return {
        "hidden_size": d, "num_attention_heads": heads, "num_key_value_heads": kv, "intermediate_size": ffn, "num_hidden_layers": layers,
        "vocab_size": vocab, "max_position_embeddings": 128, "tie_word_embeddings": False, **more,
    }


TIED = {"tie_word_embeddings": True}
PAIRS = {
    "mixtral": (
        sizes(32, 4, 2, 20, 3, 80, num_local_experts=4, num_experts_per_tok=2),
        sizes(24, 2, 1, 16, 2, 80, num_local_experts=3, num_experts_per_tok=2),
    ),
    "qwen2": (sizes(32, 4, 2, 40, 3, 80), sizes(24, 4, 1, 28, 2, 60, **TIED)),
    "qwen3": (sizes(32, 4, 2, 40, 3, 80, head_dim=12), sizes(24, 2, 2, 28, 2, 80, head_dim=10, attention_bias=True)),
    "qwen3_moe": (
        sizes(32, 4, 2, 40, 4, 80, head_dim=8, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=18, mlp_only_layers=[1]),
        sizes(24, 2, 1, 28, 3, 70, head_dim=8, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=12, mlp_only_layers=[1]),
    ),
    "gemma": (sizes(32, 4, 1, 40, 3, 80, head_dim=12, **TIED), sizes(24, 2, 1, 28, 2, 80, head_dim=8, **TIED)),
    "gemma2": (
        sizes(32, 4, 2, 40, 4, 80, head_dim=12, sliding_window=6, final_logit_softcapping=5.0, **TIED),
        sizes(24, 2, 1, 28, 2, 80, head_dim=8, sliding_window=5, **TIED),
    ),
    "gemma3_text": (
        sizes(32, 4, 2, 40, 4, 80, head_dim=12, sliding_window=6, layer_types=["sliding_attention", "full_attention"] * 2, **TIED),
        sizes(24, 2, 1, 28, 2, 80, head_dim=8, sliding_window=5, layer_types=["sliding_attention", "full_attention"], **TIED),
    ),
    "olmo": (sizes(32, 4, 2, 40, 3, 80), sizes(24, 2, 1, 28, 2, 80, attention_bias=True)),
    "olmo2": (sizes(32, 4, 2, 40, 3, 80, attention_bias=True), sizes(24, 3, 1, 28, 2, 70, **TIED)),
    "olmo3": (sizes(32, 4, 2, 40, 5, 80, sliding_window=6), sizes(24, 2, 1, 28, 4, 80, sliding_window=5)),
    "olmoe": (
        sizes(32, 4, 2, 20, 3, 80, num_experts=4, num_experts_per_tok=2),
        sizes(24, 2, 1, 16, 2, 70, num_experts=3, num_experts_per_tok=2, attention_bias=True),
    ),
    "granite": (
        sizes(32, 4, 2, 40, 3, 80, embedding_multiplier=3.0, residual_multiplier=0.3, logits_scaling=2.0, attention_multiplier=0.2),
        sizes(24, 2, 1, 28, 2, 80, embedding_multiplier=2.0, residual_multiplier=0.5, logits_scaling=0.5, attention_bias=True, mlp_bias=True),
    ),
    "cohere": (sizes(32, 4, 2, 40, 3, 80, use_qk_norm=True, logit_scale=0.7, **TIED), sizes(24, 2, 1, 28, 2, 80, logit_scale=1.5, attention_bias=True, **TIED)),
    "cohere2": (sizes(32, 4, 2, 40, 5, 80, sliding_window=6, logit_scale=0.7), sizes(24, 2, 1, 28, 4, 80, sliding_window=5, logit_scale=1.5)),
}
PAD = {"pad_token_id": None}
PAIRS |= {
    "smollm3": (sizes(32, 4, 2, 40, 5, 80, **PAD), sizes(24, 2, 1, 28, 4, 80, mlp_bias=True, attention_bias=True, **PAD)),
    "glm": (sizes(32, 4, 2, 40, 3, 80, head_dim=8, **PAD), sizes(24, 2, 1, 28, 2, 80, head_dim=8, attention_bias=False, **PAD)),
    "glm4": (sizes(32, 4, 2, 40, 3, 80, head_dim=12, **PAD), sizes(24, 2, 1, 28, 2, 80, head_dim=8, **PAD, **TIED)),
    "exaone4": (sizes(32, 4, 2, 40, 5, 80, sliding_window=6), sizes(24, 2, 1, 28, 4, 80, sliding_window=5, **TIED)),
    "opt": (sizes(32, 4, 4, None, 3, 80, ffn_dim=40, **PAD), sizes(24, 2, 2, None, 2, 80, ffn_dim=28, **PAD, **TIED)),
    "bloom": (sizes(32, 4, 4, None, 3, 80), sizes(24, 3, 3, None, 2, 80, **TIED)),
    "falcon": (
        sizes(32, 4, None, None, 3, 80, new_decoder_architecture=True, num_kv_heads=2, ffn_hidden_size=40),
        sizes(24, 3, None, None, 2, 80, bias=True, ffn_hidden_size=28),
    ),
    "mpt": (sizes(32, 4, 4, None, 3, 80), sizes(24, 3, 3, None, 2, 80, **TIED)),
    "gptj": (sizes(32, 4, 4, None, 3, 80, n_inner=40, rotary_dim=4), sizes(24, 3, 3, None, 2, 80, n_inner=28, rotary_dim=2)),
}
# "gpt2 untied" is the model type with a note.
PAIRS |= {
    "gpt2": (sizes(32, 4, None, None, 3, 80, n_inner=40, **TIED), sizes(24, 3, None, None, 2, 80, n_inner=28, scale_attn_by_inverse_layer_idx=True, **TIED)),
    "gpt2 untied": (sizes(32, 4, None, None, 3, 80, n_inner=40), sizes(24, 2, None, None, 2, 80, n_inner=28)),
    "gpt_neox": (sizes(32, 4, None, 40, 3, 80), sizes(24, 3, None, 28, 2, 80, use_parallel_residual=False)),
    "phi": (sizes(32, 4, 2, 40, 3, 80), sizes(24, 2, 1, 28, 2, 80, qk_layernorm=True)),
    "phi3": (sizes(32, 4, 2, 40, 3, 80, sliding_window=6, **PAD), sizes(24, 2, 1, 28, 2, 80, **PAD)),
    "phi3 tied": (sizes(32, 4, 4, 40, 3, 80, partial_rotary_factor=0.5, **PAD, **TIED), sizes(24, 2, 1, 28, 2, 80, **PAD, **TIED)),
    "starcoder2": (sizes(32, 4, 2, 40, 3, 80, sliding_window=6), sizes(24, 2, 1, 28, 2, 80, use_bias=False, **TIED)),
    "stablelm": (sizes(32, 4, 2, 40, 3, 80, qk_layernorm=True), sizes(24, 2, 1, 28, 2, 80, use_parallel_residual=True, use_qkv_bias=True, partial_rotary_factor=0.5)),
}

# Across families: a large LLaMA gives to the smaller model of every row, the larger one
# gives to a small LLaMA, and families with fused maps give to one another.
LARGE, SMALL = sizes(48, 8, 8, 112, 5, 80, head_dim=8), sizes(16, 2, 1, 20, 2, 80, head_dim=6)
FUSED = ("gpt2", "gpt_neox", "phi3 tied", "glm4")
# check_experts.py has what experts give and get.
EXPERTS = ("mixtral", "qwen3_moe", "olmoe")


def crossings():
    """Pairs of rows: {name: ((teacher, its config), (student, its config))}."""
    out = {}
    for name, (larger, smaller) in PAIRS.items():
        if name not in EXPERTS:
            out[f"llama to {name}"] = ("llama", LARGE), (name, smaller)
            out[f"{name} to llama"] = (name, larger), ("llama", SMALL)
    for one, other in itertools.permutations(FUSED, 2):
        out[f"{one} to {other}"] = (one, PAIRS[one][0]), (other, PAIRS[other][1])
    return out
