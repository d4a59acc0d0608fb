"""Granite."""

from .variant import Variant, shape

VARIANTS = {
    # Multipliers of all that has one, biases on all that has one.
    "granite": Variant(
        shape(
            28, 4, 2, 36, 2, 84, head_dim=10, attention_bias=True, mlp_bias=True, rms_norm_eps=1e-5,
            embedding_multiplier=2.5, attention_multiplier=0.17, residual_multiplier=0.22, logits_scaling=0.4,
        ),
        model_type="granite",
        spelling={"rope_theta": 5000.0, "rope_scaling": None, "rope_parameters": None},
    ),
    # Scores that are not scaled at all.
    "granite-tied": Variant(
        shape(24, 3, 3, 36, 2, 78, embedding_multiplier=12.0, residual_multiplier=0.5, logits_scaling=3, hidden_act="gelu", tie_word_embeddings=True),
        model_type="granite",
        dtype="bfloat16",
    ),
    "gguf-granite": Variant(
        shape(
            32, 2, 1, 32, 2, 128, rms_norm_eps=1e-5, attention_bias=False,
            embedding_multiplier=2.5, attention_multiplier=0.17, residual_multiplier=0.22, logits_scaling=0.4, tie_word_embeddings=True,
        ),
        model_type="granite",
        gguf={"attn_q.weight": "Q8_0", "attn_k.weight": "Q8_0", "ffn_gate.weight": "Q4_1", "ffn_down.weight": "Q5_0", "token_embd.weight": "Q8_0"},
    ),
}
