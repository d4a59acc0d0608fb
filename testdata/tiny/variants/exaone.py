"""EXAONE 4.0."""

from .variant import Variant, shape

VARIANTS = {
    # A window in two layers of three; the third does not rotate.
    "exaone4": Variant(
        shape(24, 4, 2, 36, 3, 80, head_dim=10, sliding_window=7, sliding_window_pattern=3, tie_word_embeddings=True),
        model_type="exaone4",
        spelling={
            "layer_types": None, "rope_theta": 900.0, "rope_parameters": None,
            "rope_scaling": {
                "rope_type": "llama3", "factor": 16.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64,
            },
        },
        lengths=(23, 5, 48),
    ),
}
