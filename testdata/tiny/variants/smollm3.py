"""SmolLM3."""

from .variant import Variant, shape

VARIANTS = {
    # Layers without RoPE have a window, too. No biases of attention: without RoPE that of k
    # shifts all scores of a token alike, so that its gradient is rounding.
    "smollm3": Variant(
        shape(
            24, 4, 2, 32, 4, 76, head_dim=8, mlp_bias=True, use_sliding_window=True, sliding_window=7, no_rope_layers=[1, 0, 1, 0], pad_token_id=2,
            tie_word_embeddings=True,
        ),
        model_type="smollm3",
        spelling={"layer_types": None, "rope_theta": 900.0, "rope_scaling": None, "rope_parameters": None},
    ),
}
