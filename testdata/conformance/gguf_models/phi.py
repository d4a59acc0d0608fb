"""Phi-2 and Phi-3, whose factors of RoPE are tensors."""

import math

import numpy as np

from .format import NAMES, Format, base, dimensions

PHI2 = NAMES | {
    "model.final_layernorm": "output_norm",
    "self_attn.dense": "attn_output",
    "mlp.fc1": "ffn_up",
    "mlp.fc2": "ffn_down",
}
PHI3 = NAMES | {"self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up"}


def rotated(config):
    """How many entries of a head are rotated."""
    return int(config.rope_parameters["partial_rotary_factor"] * config.hidden_size) // config.num_attention_heads


def phi2(w, config):
    dimensions(w, config)
    w.add_layer_norm_eps(config.layer_norm_eps)
    w.add_rope_dimension_count(rotated(config))


def phi3(w, config):
    base(w, config)
    original = config.original_max_position_embeddings
    w.add_rope_scaling_orig_ctx_len(original)
    w.add_rope_dimension_count(rotated(config))
    w.add_rope_freq_base(config.rope_parameters["rope_theta"])
    w.add_sliding_window(config.sliding_window or 0)
    if config.rope_parameters["rope_type"] == "longrope":
        w.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(config.max_position_embeddings / original) / math.log(original)))


def factors(config):
    rope = config.rope_parameters
    if rope["rope_type"] != "longrope":
        return {}
    return {f"rope_factors_{kind}.weight": np.array(rope[f"{kind}_factor"], np.float32) for kind in ("short", "long")}


FORMATS = {
    "phi": Format("phi2", phi2, names=PHI2, by_transformers=False),
    "phi3": Format("phi3", phi3, names=PHI3, tensors=factors),
}
