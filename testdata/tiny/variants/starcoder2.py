"""StarCoder2."""

from .variant import Variant, shape

VARIANTS = {
    # As published: tied, biases, a window in every layer.
    "starcoder2": Variant(
        shape(32, 4, 2, 44, 2, 90, sliding_window=7, tie_word_embeddings=True),
        model_type="starcoder2",
        spelling={"rope_theta": 999.5, "rope_scaling": None, "rope_parameters": None, "tie_word_embeddings": None},
    ),
    "starcoder2-nobias": Variant(
        shape(
            30, 3, 1, 40, 2, 84, head_dim=12, use_bias=False, sliding_window=None, norm_epsilon=1e-3, hidden_act="relu",
            rope_parameters={"rope_type": "yarn", "rope_theta": 10000.0, "factor": 8.0, "original_max_position_embeddings": 32},
        ),
        model_type="starcoder2",
        dtype="bfloat16",
        lengths=(23, 5, 58),
    ),
    "gguf-starcoder2": Variant(
        shape(32, 4, 2, 64, 2, 128, tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 50000.0}),
        model_type="starcoder2",
        gguf={"attn_q.weight": "Q8_0", "attn_k.weight": "Q5_1", "ffn_up.weight": "Q4_0", "ffn_down.weight": "Q8_0", "token_embd.weight": "F16"},
    ),
}
