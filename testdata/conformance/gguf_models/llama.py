"""LLaMA and Mixtral: RoPE turns neighbouring entries, so the rows of q and k are in
another order."""

import numpy as np

from .format import NAMES, Format, base

EXPERTS = {
    "block_sparse_moe.gate": "ffn_gate_inp",
    "block_sparse_moe.experts.*.w1": "ffn_gate_exps",
    "block_sparse_moe.experts.*.w3": "ffn_up_exps",
    "block_sparse_moe.experts.*.w2": "ffn_down_exps",
}


def metadata(w, config):
    base(w, config)
    w.add_key_length(config.head_dim)
    w.add_value_length(config.head_dim)
    w.add_rope_dimension_count(config.head_dim)
    w.add_rope_freq_base(config.rope_parameters["rope_theta"])


def sparse(w, config):
    metadata(w, config)
    w.add_expert_count(config.num_local_experts)
    w.add_expert_used_count(config.num_experts_per_tok)


def heads(name, config):
    """The heads whose rows are in another order, or None."""
    if name.endswith("q_proj.weight"):
        return config.num_attention_heads
    return config.num_key_value_heads if name.endswith("k_proj.weight") else None


def interleave(name, w, config):
    """Halves of each head's rows, turn by turn."""
    n = heads(name, config)
    return w if n is None else w.reshape(n, 2, -1, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def halve(name, w, config):
    """interleave undone."""
    n = heads(name, config)
    return w if n is None else w.reshape(n, -1, 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def divisors(config):
    """What llama.cpp divides each of LLaMA 3's frequencies by."""
    rope, dim = config.rope_parameters, config.head_dim
    if rope["rope_type"] != "llama3":
        return {}
    wavelength = 2 * np.pi * rope["rope_theta"] ** (np.arange(0, dim, 2) / dim)
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    smooth = np.clip((rope["original_max_position_embeddings"] / wavelength - low) / (high - low), 0, 1)
    return {"rope_freqs.weight": (1 / ((1 - smooth) / rope["factor"] + smooth)).astype(np.float32)}


LLAMA = Format("llama", metadata, turn=interleave, turn_back=halve, tensors=divisors)
MIXTRAL = Format("llama", sparse, names=NAMES | EXPERTS, turn=interleave, turn_back=halve, by_transformers=False)
FORMATS = {"llama": LLAMA, "mixtral": MIXTRAL}
