"""MPT."""

from .variant import Variant

VARIANTS = {
    # Six heads: of ALiBi's slopes for eight every second one first.
    "mpt": Variant(
        {"d_model": 24, "n_heads": 6, "n_layers": 2, "vocab_size": 76, "max_seq_len": 64, "attn_config": {"softmax_scale": 0.3, "alibi_bias_max": 4}},
        model_type="mpt",
    ),
}
