"""Gemma 1, 2 and 3: norms with 1 added, and in 2 and 3 four of them a layer."""

from .format import NAMES, Format, base, rope

FOUR = {
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}


def gemma(w, config):
    base(w, config)
    w.add_key_length(config.head_dim)
    w.add_value_length(config.head_dim)


def gemma2(w, config):
    gemma(w, config)
    w.add_attn_logit_softcapping(config.attn_logit_softcapping)
    w.add_final_logit_softcapping(config.final_logit_softcapping)
    w.add_sliding_window(config.sliding_window)


def gemma3(w, config):
    gemma(w, config)
    rope(w, config.rope_parameters["full_attention"])
    w.add_rope_freq_base_swa(config.rope_parameters["sliding_attention"]["rope_theta"])
    w.add_sliding_window(config.sliding_window)
    w.add_sliding_window_pattern(config.layer_types.index("full_attention") + 1)
    if config.final_logit_softcapping:
        w.add_final_logit_softcapping(config.final_logit_softcapping)


def offset(name):
    return 1 if name.endswith("norm.weight") else 0


FORMATS = {
    "gemma": Format("gemma", gemma, offset=offset, by_transformers=False),
    "gemma2": Format("gemma2", gemma2, names=NAMES | FOUR, offset=offset),
    "gemma3_text": Format("gemma3", gemma3, names=NAMES | FOUR, offset=offset),
}
