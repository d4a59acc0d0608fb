"""GPT-2: the maps that Conv1D holds as [in, out] lie as [out, in]."""

import numpy as np

from .format import Format

NAMES = {
    "transformer.wte": "token_embd",
    "transformer.wpe": "position_embd",
    "transformer.ln_f": "output_norm",
    "lm_head": "output",
    "ln_1": "attn_norm",
    "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output",
    "ln_2": "ffn_norm",
    "mlp.c_fc": "ffn_up",
    "mlp.c_proj": "ffn_down",
}


def metadata(w, config):
    w.add_context_length(config.n_positions)
    w.add_embedding_length(config.n_embd)
    w.add_block_count(config.n_layer)
    w.add_feed_forward_length(4 * config.n_embd)
    w.add_head_count(config.n_head)
    w.add_layer_norm_eps(config.layer_norm_epsilon)


def turn(name, w, config):
    return np.ascontiguousarray(w.T) if name.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight")) else w


FORMATS = {"gpt2": Format("gpt2", metadata, names=NAMES, turn=turn, turn_back=turn)}
