"""Command R and Command R7B, whose RoPE turns neighbouring entries in transformers, too."""

from .format import Format, dimensions, rope


def metadata(w, config):
    dimensions(w, config)
    w.add_layer_norm_eps(config.layer_norm_eps)
    w.add_logit_scale(config.logit_scale)
    w.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    rope(w, config.rope_parameters)


def two(w, config):
    metadata(w, config)
    w.add_vocab_size(config.vocab_size)
    w.add_sliding_window(config.sliding_window)


FORMATS = {
    "cohere": Format("command-r", metadata, by_transformers=False),
    "cohere2": Format("cohere2", two, by_transformers=False),
}
