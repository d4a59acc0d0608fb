"""StarCoder2."""

from .format import NAMES, Format, dimensions, rope


def metadata(w, config):
    dimensions(w, config)
    w.add_layer_norm_eps(config.norm_epsilon)
    rope(w, config.rope_parameters)


FORMATS = {"starcoder2": Format("starcoder2", metadata, names=NAMES | {"mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"})}
