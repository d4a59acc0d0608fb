"""Writes golden.json: what transformers makes of BLOOM configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

import torch
from transformers.models.bloom.modeling_bloom import build_alibi_tensor

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

BLOOM = dict(model_type="bloom", apply_residual_connection_post_layernorm=False, attention_dropout=0.0, attention_softmax_in_fp32=True, bias_dropout_fusion=True, bos_token_id=1, eos_token_id=2, hidden_dropout=0.0, initializer_range=0.02, layer_norm_epsilon=1e-05, masked_softmax_fusion=True, pad_token_id=3, skip_bias_add=True, skip_bias_add_qkv=False, slow_but_exact=False, unk_token_id=0, use_cache=True, vocab_size=250880)
SMALL = dict(model_type="bloom", hidden_size=48, n_layer=3, n_head=6, vocab_size=31)
CONFIGS = {
    # Typed in from their config.json.
    "bloom-560m": BLOOM | dict(n_embed=1024, n_inner=None, n_layer=24, num_attention_heads=16, offset_alibi=100, pretraining_tp=1, seq_length=2048),
    "bloom-1b1": BLOOM | dict(hidden_size=1536, n_head=16, n_inner=None, n_layer=24, offset_alibi=100, pretraining_tp=1, seq_length=2048),
    "bloom-7b1": BLOOM | dict(hidden_size=4096, n_head=32, n_inner=None, n_layer=30, offset_alibi=100, pretraining_tp=4, seq_length=2048),
    "bloom": BLOOM | dict(n_embed=14336, n_layer=70, num_attention_heads=112, pretraining_tp=4, seq_length=2048),
    "defaults": dict(model_type="bloom"),
    "the common names win": SMALL | dict(num_hidden_layers=2, num_attention_heads=12),
    "the name of old wins": SMALL | dict(n_embed=24),
    "no name of old": SMALL | dict(n_embed=None),
    "untied": SMALL | dict(tie_word_embeddings=False),
    "one head": SMALL | dict(n_head=1),
    "three heads": SMALL | dict(n_head=3),
    "twelve heads": SMALL | dict(n_head=12),
    "sixteen heads": SMALL | dict(n_head=16),
    "norms are added to": SMALL | dict(apply_residual_connection_post_layernorm=True),
}


def attention(layer, config):
    alibi = build_alibi_tensor(torch.ones(1, 2), config.n_head, torch.float32)  # of positions 0 and 1
    return 0, layer.self_attention.inv_norm_factor, 0, described.numbers(alibi[:, 0, 1])


if __name__ == "__main__":
    described.write(HERE / "golden.json", CONFIGS, attention)
