"""GPT-2."""

from .variant import Variant


def sizes(d, heads, layers, vocab, **more):
    """A GPT2Config's dimensions."""
    return {"n_embd": d, "n_head": heads, "n_layer": layers, "vocab_size": vocab, "n_positions": 64, **more}


VARIANTS = {
    # As the published folders are: tied, the inner model's names, masks among the weights.
    "gpt2": Variant(sizes(20, 4, 2, 90), model_type="gpt2", inner="transformer.", masks=".attn", spelling={"n_ctx": 64, "n_inner": None}),
    # Scores that fall from layer to layer, an MLP of another width, a head of its own.
    "gpt2-scaled": Variant(
        sizes(28, 2, 3, 76, n_inner=44, activation_function="gelu", scale_attn_by_inverse_layer_idx=True, layer_norm_epsilon=1e-3, tie_word_embeddings=False),
        model_type="gpt2",
        dtype="bfloat16",
    ),
    # Scores that are not scaled, nearly as many tokens as there are positions.
    "gpt2-unscaled": Variant(
        sizes(20, 5, 2, 84, n_positions=40, activation_function="relu", scale_attn_weights=False, reorder_and_upcast_attn=True),
        model_type="gpt2",
        dtype="float16",
        lengths=(23, 5, 40),
    ),
    "gguf-gpt2": Variant(
        sizes(32, 4, 2, 128),
        model_type="gpt2",
        gguf={"attn_qkv.weight": "Q8_0", "attn_output.weight": "Q5_0", "ffn_up.weight": "Q4_1", "ffn_down.weight": "Q8_0", "token_embd.weight": "F16"},
    ),
    "gguf-gpt2-untied": Variant(
        sizes(32, 2, 1, 128, tie_word_embeddings=False, layer_norm_epsilon=1e-4),
        model_type="gpt2",
        gguf={"attn_qkv.weight": "Q4_0", "ffn_up.weight": "Q8_0", "output.weight": "Q8_0"},
    ),
}
