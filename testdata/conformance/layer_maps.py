"""The linear maps of a layer of every family, by transformers' own code: which role each
has, and in a fused one which rows are whose."""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Map:
    """A linear map of a layer: the roles of its parts, and for a fused one how many groups
    of which sizes its rows are."""

    roles: str  # "q", or "q k v"
    groups: Callable = lambda config: (1, [])

    def rows(self, config):
        """The rows of each part, as they follow one another in it; None: all."""
        roles, (groups, widths) = self.roles.split(), self.groups(config)
        if not widths:
            return {roles[0]: slice(None)}
        place = np.arange(groups * sum(widths)).reshape(groups, -1)
        ends = np.cumsum([0, *widths])
        return {role: place[:, a:b].ravel() for role, a, b in zip(roles, ends, ends[1:])}


def head(config):
    return getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads


def by_head(config):
    return config.num_attention_heads, [head(config)] * 3


def thirds(config):
    return 1, [config.hidden_size] * 3


def grouped(config):
    return 1, [head(config) * n for n in (config.num_attention_heads, config.num_key_value_heads, config.num_key_value_heads)]


def falcon(config):
    n, d = config.num_attention_heads, head(config)
    if config.new_decoder_architecture:
        return config.num_kv_heads, [n // config.num_kv_heads * d, d, d]
    return (1, [n * d, d, d]) if config.multi_query else by_head(config)


def halves(config):
    return 1, [config.intermediate_size] * 2


QKV = {f"self_attn.{x}_proj": Map(x) for x in "qkv"}
GATED = {"mlp.gate_proj": Map("gate"), "mlp.up_proj": Map("up"), "mlp.down_proj": Map("down")}
LLAMA = QKV | GATED | {"self_attn.o_proj": Map("o")}
GATE_UP = QKV | {"self_attn.o_proj": Map("o"), "mlp.gate_up_proj": Map("gate up", halves), "mlp.down_proj": Map("down")}
NEOX = {"mlp.dense_h_to_4h": Map("up"), "mlp.dense_4h_to_h": Map("down")}
# The linear maps of a layer by their paths in it, where they are not LLaMA's.
MAPS = {
    "glm": GATE_UP,
    "glm4": GATE_UP,
    "opt": QKV | {"self_attn.out_proj": Map("o"), "fc1": Map("up"), "fc2": Map("down")},
    "bloom": NEOX | {"self_attention.query_key_value": Map("q k v", by_head), "self_attention.dense": Map("o")},
    "falcon": NEOX | {"self_attention.query_key_value": Map("q k v", falcon), "self_attention.dense": Map("o")},
    "mpt": {"attn.Wqkv": Map("q k v", thirds), "attn.out_proj": Map("o"), "ffn.up_proj": Map("up"), "ffn.down_proj": Map("down")},
    "gptj": {f"attn.{x}_proj": Map(x) for x in "qkv"} | {"attn.out_proj": Map("o"), "mlp.fc_in": Map("up"), "mlp.fc_out": Map("down")},
    "gpt2": {"attn.c_attn": Map("q k v", thirds), "attn.c_proj": Map("o"), "mlp.c_fc": Map("up"), "mlp.c_proj": Map("down")},
    "gpt_neox": NEOX | {"attention.query_key_value": Map("q k v", by_head), "attention.dense": Map("o")},
    "phi": QKV | {"self_attn.dense": Map("o"), "mlp.fc1": Map("up"), "mlp.fc2": Map("down")},
    "phi3": {"self_attn.qkv_proj": Map("q k v", grouped), "self_attn.o_proj": Map("o"), "mlp.gate_up_proj": Map("gate up", halves), "mlp.down_proj": Map("down")},
    "starcoder2": QKV | {"self_attn.o_proj": Map("o"), "mlp.c_fc": Map("up"), "mlp.c_proj": Map("down")},
}


def of(model_type):
    return MAPS.get(model_type, LLAMA)
