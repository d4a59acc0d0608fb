"""Falcon."""

from .variant import Variant

VARIANTS = {
    # As Falcon-7B: one head of keys, one norm for attention and MLP.
    "falcon": Variant(
        {"hidden_size": 30, "num_attention_heads": 5, "num_hidden_layers": 2, "vocab_size": 70, "ffn_hidden_size": 44, "multi_query": True},
        model_type="falcon",
        dtype="bfloat16",
        spelling={"rope_theta": 700.0, "rope_scaling": None, "rope_parameters": None},
    ),
    # As Falcon-40B: groups of heads, a norm each.
    "falcon-groups": Variant(
        {
            "hidden_size": 24, "num_attention_heads": 6, "num_kv_heads": 2, "num_hidden_layers": 2, "vocab_size": 66, "ffn_hidden_size": 36,
            "new_decoder_architecture": True, "bias": True, "tie_word_embeddings": False,
        },
        model_type="falcon",
    ),
    # One after the other, every head with keys of its own.
    "falcon-sequence": Variant(
        {
            "hidden_size": 20, "num_attention_heads": 2, "num_hidden_layers": 2, "vocab_size": 62, "ffn_hidden_size": 28,
            "parallel_attn": False, "multi_query": False, "bias": True, "activation": "relu",
        },
        model_type="falcon",
    ),
}
