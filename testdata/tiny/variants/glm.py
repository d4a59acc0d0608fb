"""GLM-4."""

from .variant import Variant, shape

VARIANTS = {
    # Half of each head rotates.
    "glm": Variant(
        shape(28, 4, 2, 40, 2, 80, head_dim=12, hidden_act="gelu", pad_token_id=2),
        model_type="glm",
        dtype="bfloat16",
        spelling={"rope_theta": 900.0, "partial_rotary_factor": 0.5, "rope_scaling": None, "rope_parameters": None},
    ),
    # Two thirds, norms on both sides of attention and MLP.
    "glm4": Variant(
        shape(
            24, 3, 1, 36, 2, 82, head_dim=12, attention_bias=False, rms_norm_eps=1e-5, pad_token_id=3, tie_word_embeddings=True,
            rope_parameters={"rope_type": "default", "rope_theta": 700.0, "partial_rotary_factor": 0.67},
        ),
        model_type="glm4",
    ),
}
