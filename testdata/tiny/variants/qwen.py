"""Qwen2, Qwen3 and Qwen3-MoE."""

from .variant import Variant, shape

YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 32}

VARIANTS = {
    # A window that is switched off, as the published configurations have it.
    "qwen2": Variant(
        shape(32, 4, 2, 44, 2, 90),
        model_type="qwen2",
        spelling={"sliding_window": 5, "layer_types": None, "rope_theta": 1e6, "rope_parameters": None},
    ),
    # A window in the layers from max_window_layers on.
    "qwen2-window": Variant(
        shape(24, 4, 1, 40, 3, 84, use_sliding_window=True, sliding_window=6, max_window_layers=1, tie_word_embeddings=True),
        model_type="qwen2",
        spelling={"layer_types": None},
    ),
    "qwen2-layer-types": Variant(
        shape(
            36, 3, 1, 28, 3, 80, head_dim=10, use_sliding_window=True, sliding_window=9, max_window_layers=0, rope_parameters=YARN,
            layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        ),
        model_type="qwen2",
        dtype="float16",
        lengths=(23, 5, 58),
    ),
    "qwen3": Variant(shape(28, 2, 1, 40, 2, 92, head_dim=18, tie_word_embeddings=True), model_type="qwen3"),
    "qwen3-biases": Variant(
        shape(24, 4, 4, 36, 3, 78, head_dim=8, attention_bias=True, use_sliding_window=True, sliding_window=4, max_window_layers=2, rms_norm_eps=1e-5),
        model_type="qwen3",
        dtype="bfloat16",
        spelling={"layer_types": None, "rope_theta": 5000.0, "rope_scaling": {"rope_type": "linear", "factor": 2.5}, "rope_parameters": None},
    ),
    # Experts in every second layer but the last; their weights do not add up to one.
    "qwen3-moe": Variant(
        shape(
            24, 4, 2, 32, 4, 76, head_dim=8, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=14,
            decoder_sparse_step=2, mlp_only_layers=[3], norm_topk_prob=False,
        ),
        model_type="qwen3_moe",
        spelling={"num_experts": 4, "num_local_experts": None},
    ),
    # Renormalised, with biases and a window in every layer, and no head_dim.
    "qwen3-moe-window": Variant(
        shape(
            20, 2, 1, 24, 2, 72, num_experts=6, num_experts_per_tok=3, moe_intermediate_size=10, norm_topk_prob=True,
            attention_bias=True, use_sliding_window=True, sliding_window=7, tie_word_embeddings=True,
        ),
        model_type="qwen3_moe",
        dtype="float16",
        shard=20_000,
    ),
    "gguf-qwen2": Variant(
        shape(32, 4, 2, 64, 2, 128, tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 50000.0}),
        model_type="qwen2",
        gguf={"attn_q.weight": "Q8_0", "attn_k.weight": "Q5_1", "ffn_up.weight": "Q4_0", "ffn_down.weight": "Q8_0", "token_embd.weight": "F16"},
    ),
    "gguf-qwen3": Variant(
        shape(32, 2, 1, 64, 2, 128, head_dim=32, rms_norm_eps=1e-5, rope_parameters=YARN),
        model_type="qwen3",
        lengths=(23, 5, 58),
        gguf={"attn_q.weight": "Q5_0", "attn_v.weight": "F16", "attn_output.weight": "Q8_0", "ffn_gate.weight": "Q4_1", "output.weight": "Q8_0"},
    ),
    "gguf-qwen3moe": Variant(
        shape(32, 2, 2, 64, 2, 128, head_dim=16, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=32, norm_topk_prob=True),
        model_type="qwen3_moe",
        gguf={"attn_q.weight": "Q8_0", "ffn_gate_exps.weight": "Q8_0", "ffn_up_exps.weight": "Q4_1", "ffn_down_exps.weight": "Q5_1"},
    ),
}
