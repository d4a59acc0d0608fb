"""OPT."""

from .variant import Variant

VARIANTS = {
    # The padding token is used like any other, at positions like any other.
    "opt": Variant(
        {
            "hidden_size": 24, "num_attention_heads": 3, "ffn_dim": 36, "num_hidden_layers": 2, "vocab_size": 78, "max_position_embeddings": 40,
            "pad_token_id": 1,
        },
        model_type="opt",
    ),
    # Norms behind what they are added to, as in OPT-350M; none before the head; no biases.
    "opt-post": Variant(
        {
            "hidden_size": 20, "num_attention_heads": 2, "ffn_dim": 28, "num_hidden_layers": 2, "vocab_size": 70, "max_position_embeddings": 40,
            "do_layer_norm_before": False, "enable_bias": False, "activation_function": "gelu", "tie_word_embeddings": False,
        },
        model_type="opt",
        dtype="float16",
    ),
}
