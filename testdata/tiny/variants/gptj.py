"""GPT-J."""

from .variant import Variant

VARIANTS = {
    # A bias behind embeddings that are the head, too.
    "gptj": Variant(
        {"n_embd": 24, "n_head": 3, "n_layer": 2, "n_positions": 64, "n_inner": 40, "rotary_dim": 4, "vocab_size": 78, "tie_word_embeddings": True},
        model_type="gptj",
    ),
}
