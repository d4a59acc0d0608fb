"""Granite: LLaMA's layout, and its multipliers."""

from .format import Format, base, rope
from .llama import halve, interleave


def metadata(w, config):
    base(w, config)
    rope(w, config.rope_parameters)
    w.add_attention_scale(config.attention_multiplier)
    w.add_embedding_scale(config.embedding_multiplier)
    w.add_residual_scale(config.residual_multiplier)
    w.add_logit_scale(config.logits_scaling)


FORMATS = {"granite": Format("granite", metadata, turn=interleave, turn_back=halve, by_transformers=False)}
