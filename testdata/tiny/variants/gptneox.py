"""GPT-NeoX and Pythia."""

from .variant import Variant, shape


def sizes(d, heads, ffn, layers, vocab, **more):
    """A GPTNeoXConfig's dimensions: as many heads for keys as for queries."""
    return {k: v for k, v in shape(d, heads, heads, ffn, layers, vocab, **more).items() if k != "num_key_value_heads"}


VARIANTS = {
    # As published: side by side, a quarter of each head rotated, buffers among the weights.
    "gptneox": Variant(
        sizes(32, 4, 44, 2, 90, max_position_embeddings=64),
        model_type="gpt_neox",
        masks=".attention",
        spelling={"rope_parameters": None, "rotary_pct": 0.25, "rotary_emb_base": 3000},
    ),
    # One after the other, an odd part rotated, no biases of attention.
    "gptneox-sequential": Variant(
        sizes(
            30, 3, 40, 2, 80, use_parallel_residual=False, attention_bias=False, hidden_act="gelu_new", layer_norm_eps=1e-3,
            rope_parameters={"rope_type": "linear", "rope_theta": 500.0, "factor": 2.5, "partial_rotary_factor": 0.5},
        ),
        model_type="gpt_neox",
        dtype="float16",
    ),
    "gptneox-tied": Variant(
        sizes(24, 2, 36, 2, 76, tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 1.0}),
        model_type="gpt_neox",
        dtype="bfloat16",
    ),
}
