"""StableLM, but for norms of single heads, which llama.cpp stacks."""

from .format import Format, dimensions


def metadata(w, config):
    dimensions(w, config)
    w.add_layer_norm_eps(config.layer_norm_eps)
    w.add_parallel_residual(config.use_parallel_residual)
    w.add_rope_dimension_count(int(config.rope_parameters["partial_rotary_factor"] * (config.hidden_size // config.num_attention_heads)))


FORMATS = {"stablelm": Format("stablelm", metadata)}
