"""How llama.cpp lays out one family of models."""

import dataclasses
import re
from collections.abc import Callable

import gguf

# llama.cpp's names of LLaMA's modules, and of those that transformers names alike.
NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}

LAYER = re.compile(r"^(model\.layers|transformer\.h|gpt_neox\.layers)\.(\d+)\.")
EXPERT = re.compile(r"\.experts\.(\d+)\.")


def as_it_is(name, value, config):
    return value


@dataclasses.dataclass(frozen=True)
class Format:
    architecture: str
    # Writes the keys of the architecture: metadata(writer, config).
    metadata: Callable
    # By a module's path without its layer, an expert's index as "*".
    names: dict = dataclasses.field(default_factory=lambda: NAMES)
    # A tensor as it lies in the file, and back: turn(name, value, config).
    turn: Callable = as_it_is
    turn_back: Callable = as_it_is
    # What the file's tensor has more than HuggingFace's.
    offset: Callable = lambda name: 0
    # Tensors that HuggingFace's model does not have, by their name: tensors(config).
    tensors: Callable = lambda config: {}
    # Whether transformers reads the weights of such files.
    by_transformers: bool = True

    def place(self, tensor):
        """llama.cpp's name of a HuggingFace tensor, and the expert whose part of it it is."""
        stem, kind = tensor.rsplit(".", 1)
        expert = EXPERT.search(stem)
        stem = EXPERT.sub(".experts.*.", stem)
        layer = LAYER.match(stem)
        place = f"blk.{layer[2]}.{self.names[stem[layer.end():]]}" if layer else self.names[stem]
        return f"{place}.{kind}", int(expert[1]) if expert else None


def dimensions(w, config):
    """The keys that every architecture has."""
    w.add_context_length(config.max_position_embeddings)
    w.add_embedding_length(config.hidden_size)
    w.add_block_count(config.num_hidden_layers)
    w.add_feed_forward_length(config.intermediate_size)
    w.add_head_count(config.num_attention_heads)
    w.add_head_count_kv(config.num_key_value_heads)


def base(w, config):
    """The keys of an architecture with RMS norms."""
    dimensions(w, config)
    w.add_layer_norm_rms_eps(config.rms_norm_eps)
    w.add_vocab_size(config.vocab_size)


def rope(w, parameters):
    """The keys of RoPE's parameters."""
    w.add_rope_freq_base(parameters["rope_theta"])
    if parameters["rope_type"] in ("linear", "yarn"):
        w.add_rope_scaling_type(gguf.RopeScalingType(parameters["rope_type"]))
        w.add_rope_scaling_factor(parameters["factor"])
    if parameters["rope_type"] == "yarn":
        w.add_rope_scaling_orig_ctx_len(parameters["original_max_position_embeddings"])
