"""OLMo, OLMo 2, OLMo 3 and OLMoE."""

from .variant import Variant, shape

VARIANTS = {
    # Norms without weights, biases on all of attention.
    "olmo": Variant(
        shape(32, 4, 2, 40, 2, 90, attention_bias=True, clip_qkv=None, tie_word_embeddings=True),
        model_type="olmo",
        spelling={"rope_theta": 5000.0, "rope_scaling": {"type": "linear", "factor": 2.5}, "rope_parameters": None},
    ),
    # Norms over all heads of q and of k, which are not as wide as the model.
    "olmo2": Variant(
        shape(28, 6, 2, 40, 2, 82, head_dim=8, attention_bias=True, rms_norm_eps=1e-4),
        model_type="olmo2",
        spelling={"rope_theta": 5e5, "rope_scaling": None, "rope_parameters": None},
    ),
    "olmo2-tied": Variant(
        shape(24, 3, 3, 36, 2, 80, hidden_act="gelu", tie_word_embeddings=True),
        model_type="olmo2",
        dtype="bfloat16",
    ),
    # As published: a window in three layers of four, theta and scaling in the fourth.
    "olmo3": Variant(
        shape(24, 4, 2, 32, 4, 76, sliding_window=6),
        model_type="olmo3",
        spelling={
            "layer_types": None, "rope_theta": 3000.0, "rope_parameters": None,
            "rope_scaling": {
                "rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 32, "attention_factor": 1.2, "beta_fast": 32.0, "beta_slow": 1.0,
            },
        },
        lengths=(23, 5, 58),
    ),
    "olmo3-parameters": Variant(
        shape(
            24, 2, 1, 36, 3, 72, head_dim=10, sliding_window=9, attention_bias=True, tie_word_embeddings=True,
            layer_types=["full_attention", "sliding_attention", "full_attention"],
            rope_parameters={
                "full_attention": {"rope_type": "linear", "rope_theta": 5000.0, "factor": 4.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 300.0},
            },
        ),
        model_type="olmo3",
        dtype="float16",
    ),
    # Normed before, unlike OLMo 2; the experts' weights do not add up to one.
    "olmoe": Variant(
        shape(24, 4, 2, 16, 2, 78, num_experts=5, num_experts_per_tok=2, attention_bias=True),
        model_type="olmoe",
        shard=20_000,
    ),
    "olmoe-renormalised": Variant(
        shape(20, 2, 2, 14, 2, 70, num_experts=4, num_experts_per_tok=3, norm_topk_prob=True, tie_word_embeddings=True),
        model_type="olmoe",
        dtype="bfloat16",
    ),
    "gguf-olmo2": Variant(
        shape(32, 2, 1, 32, 2, 128, rms_norm_eps=1e-5, rope_parameters={"rope_type": "default", "rope_theta": 50000.0}),
        model_type="olmo2",
        gguf={"attn_q.weight": "Q8_0", "attn_k.weight": "Q5_1", "ffn_down.weight": "Q4_0", "output.weight": "Q8_0", "token_embd.weight": "F16"},
    ),
    # A window and scaling, in three layers of four and in the fourth.
    "gguf-olmo3": Variant(
        shape(
            32, 2, 2, 32, 4, 128, sliding_window=6, layer_types=["sliding_attention", "sliding_attention", "sliding_attention", "full_attention"],
            rope_parameters={
                "full_attention": {"rope_type": "yarn", "rope_theta": 5000.0, "factor": 4.0, "original_max_position_embeddings": 32},
                "sliding_attention": {"rope_type": "default", "rope_theta": 5000.0},
            },
        ),
        model_type="olmo3",
        gguf={"attn_v.weight": "Q8_0", "attn_output.weight": "Q5_0", "ffn_up.weight": "Q4_1", "output.weight": "Q8_0", "token_embd.weight": "Q8_0"},
    ),
}
