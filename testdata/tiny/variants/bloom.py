"""BLOOM."""

from .variant import Variant

VARIANTS = {
    # Six heads: ALiBi's slopes of four, and two of those of eight.
    "bloom": Variant(
        {"hidden_size": 24, "n_head": 6, "n_layer": 2, "vocab_size": 74, "apply_residual_connection_post_layernorm": True},
        model_type="bloom",
    ),
}
