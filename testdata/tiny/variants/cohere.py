"""Command R and Command R7B."""

from .variant import Variant, shape

VARIANTS = {
    # The head is the embedding, and the logits are scaled.
    "cohere": Variant(
        shape(32, 4, 2, 44, 2, 88, attention_bias=True, logit_scale=0.7, tie_word_embeddings=True),
        model_type="cohere",
        spelling={"rope_theta": 4000.0, "rope_scaling": None, "rope_parameters": None},
    ),
    # q and k normed with a weight for each head.
    "cohere-norms": Variant(
        shape(28, 3, 1, 40, 2, 80, head_dim=10, use_qk_norm=True, logit_scale=1.25, layer_norm_eps=1e-3, hidden_act="gelu"),
        model_type="cohere",
        dtype="bfloat16",
    ),
    # A window in three layers of four; the fourth does not rotate. No biases: without RoPE
    # that of k shifts all scores of a token alike, so that its gradient is rounding.
    "cohere2": Variant(
        shape(24, 2, 1, 36, 4, 76, sliding_window=6, logit_scale=0.5, tie_word_embeddings=True),
        model_type="cohere2",
        spelling={"layer_types": None, "sliding_window_pattern": 4, "head_dim": None, "rope_theta": 300.0, "rope_scaling": None, "rope_parameters": None},
    ),
    "cohere2-layer-types": Variant(
        shape(
            24, 4, 2, 32, 3, 72, head_dim=8, sliding_window=9, logit_scale=1.5,
            layer_types=["full_attention", "sliding_attention", "full_attention"],
            rope_parameters={"rope_type": "linear", "rope_theta": 900.0, "factor": 3.0},
        ),
        model_type="cohere2",
        dtype="float16",
    ),
    "gguf-command-r": Variant(
        shape(32, 4, 2, 32, 2, 128, use_qk_norm=True, logit_scale=0.7, layer_norm_eps=1e-3, tie_word_embeddings=True),
        model_type="cohere",
        gguf={"attn_q.weight": "Q8_0", "attn_k.weight": "Q5_0", "ffn_gate.weight": "Q4_1", "ffn_down.weight": "Q8_0", "token_embd.weight": "F16"},
    ),
    "gguf-cohere2": Variant(
        shape(32, 2, 1, 32, 4, 128, sliding_window=6, logit_scale=1.5, tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 300.0}),
        model_type="cohere2",
        gguf={"attn_q.weight": "Q8_0", "attn_v.weight": "Q5_1", "attn_output.weight": "Q4_0", "ffn_up.weight": "Q8_0", "token_embd.weight": "Q8_0"},
    ),
}
