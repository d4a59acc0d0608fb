"""Phi and Phi-3."""

from .variant import Variant, shape

SHORT, LONG = [1.0, 1.25, 1.5], [1.0, 3.0, 9.5]
LONGROPE = {"type": "longrope", "short_factor": SHORT, "long_factor": LONG}

VARIANTS = {
    # Biases everywhere, the unembedding's too; less than half of each head rotated.
    "phi": Variant(
        shape(32, 4, 4, 44, 2, 90),
        model_type="phi",
        spelling={"rope_theta": 2000.0, "partial_rotary_factor": 0.25, "rope_scaling": None, "rope_parameters": None, "num_key_value_heads": None},
    ),
    # Normed heads of q and k, grouped; a head that is tied but for its bias.
    "phi-norms": Variant(
        shape(30, 6, 2, 40, 2, 84, qk_layernorm=True, tie_word_embeddings=True, hidden_act="gelu", layer_norm_eps=1e-3, rope_parameters={
            "rope_type": "linear", "rope_theta": 700.0, "factor": 3.0, "partial_rotary_factor": 0.8,
        }),
        model_type="phi",
        dtype="bfloat16",
    ),
    # As Phi-3 mini: whole heads rotated, a window. The padding token's row lies outside.
    "phi3": Variant(
        shape(28, 4, 2, 40, 3, 88, head_dim=10, sliding_window=7, pad_token_id=5),
        model_type="phi3",
        spelling={"rope_theta": 10000.0, "rope_scaling": None, "rope_parameters": None},
    ),
    # As Phi-4 mini: a part of each head, frequencies for samples up to 20 tokens and for
    # longer ones, tied.
    "phi3-longrope": Variant(
        shape(
            32, 4, 1, 36, 2, 80, original_max_position_embeddings=20, max_position_embeddings=80, partial_rotary_factor=0.75, pad_token_id=5,
            tie_word_embeddings=True,
        ),
        model_type="phi3",
        dtype="bfloat16",
        spelling={"rope_theta": 10000.0, "rope_scaling": LONGROPE, "partial_rotary_factor": 0.75, "rope_parameters": None},
        lengths=(23, 5, 20, 58),
    ),
    # Three entries of each head to rotate, which are four.
    "phi3-odd": Variant(
        shape(24, 3, 3, 32, 2, 72, pad_token_id=None, rms_norm_eps=1e-3, hidden_act="gelu", rope_parameters={
            "rope_type": "default", "rope_theta": 300.0, "partial_rotary_factor": 0.4,
        }),
        model_type="phi3",
        shard=20_000,
    ),
    "gguf-phi2": Variant(
        shape(32, 2, 2, 128, 2, 128, rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}),
        model_type="phi",
        gguf={"attn_q.weight": "Q8_0", "attn_v.weight": "Q5_1", "ffn_up.weight": "Q4_0", "ffn_down.weight": "Q8_0", "output.weight": "F16"},
    ),
    "gguf-phi3": Variant(
        shape(32, 4, 2, 64, 2, 128, sliding_window=9, pad_token_id=5, tie_word_embeddings=True, rope_parameters={
            "rope_type": "default", "rope_theta": 3000.0, "partial_rotary_factor": 0.5,
        }),
        model_type="phi3",
        gguf={"attn_qkv.weight": "Q8_0", "ffn_up.weight": "Q5_0", "ffn_down.weight": "Q4_1", "token_embd.weight": "Q8_0"},
    ),
    "gguf-phi3-longrope": Variant(
        shape(32, 4, 4, 32, 2, 128, original_max_position_embeddings=20, max_position_embeddings=80, pad_token_id=5, rope_parameters={
            "rope_type": "longrope", "rope_theta": 10000.0, "short_factor": SHORT + [2.0], "long_factor": LONG + [16.0],
        }),
        model_type="phi3",
        lengths=(23, 5, 20, 58),
        gguf={"attn_qkv.weight": "Q4_0", "attn_output.weight": "Q8_0", "output.weight": "Q5_1"},
    ),
}
