"""StableLM."""

from .variant import Variant, shape

VARIANTS = {
    # As StableLM 2 1.6B: biases of q, k and v, a quarter of each head rotated.
    "stablelm": Variant(
        shape(32, 4, 4, 44, 2, 90, use_qkv_bias=True),
        model_type="stablelm",
        spelling={"rope_theta": 3000.0, "partial_rotary_factor": 0.25, "rope_scaling": None, "rope_parameters": None},
    ),
    # As StableLM 2 12B: a norm for each head of q and of k, the MLP beside attention.
    "stablelm-norms": Variant(
        shape(36, 6, 2, 40, 2, 84, qk_layernorm=True, use_parallel_residual=True, layer_norm_eps=1e-3, rope_parameters={
            "rope_type": "linear", "rope_theta": 900.0, "factor": 2.0, "partial_rotary_factor": 0.7,
        }),
        model_type="stablelm",
        dtype="bfloat16",
    ),
    # A norm for the only head of k; tied.
    "stablelm-tied": Variant(
        shape(24, 3, 1, 36, 2, 76, qk_layernorm=True, tie_word_embeddings=True, hidden_act="gelu", rope_parameters={
            "rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 1.0,
        }),
        model_type="stablelm",
        dtype="float16",
        shard=20_000,
    ),
    "gguf-stablelm": Variant(
        shape(32, 4, 2, 64, 2, 128, use_qkv_bias=True, rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}),
        model_type="stablelm",
        gguf={"attn_q.weight": "Q8_0", "attn_v.weight": "Q5_0", "ffn_gate.weight": "Q4_1", "ffn_down.weight": "Q8_0", "output.weight": "F16"},
    ),
}
