"""OLMo 2 and 3, one architecture: with a window it is OLMo 3."""

from .format import NAMES, Format, base, rope

BEHIND = {"post_attention_layernorm": "post_attention_norm", "post_feedforward_layernorm": "post_ffw_norm"}


def two(w, config):
    base(w, config)
    rope(w, config.rope_parameters)


def three(w, config):
    base(w, config)
    rope(w, config.rope_parameters["full_attention"])
    w.add_sliding_window(config.sliding_window)
    w.add_sliding_window_pattern([t == "sliding_attention" for t in config.layer_types])


FORMATS = {
    "olmo2": Format("olmo2", two, names=NAMES | BEHIND, by_transformers=False),
    "olmo3": Format("olmo2", three, names=NAMES | BEHIND, by_transformers=False),
}
