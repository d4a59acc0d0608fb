"""Writes golden.json: what transformers makes of MPT configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

from transformers.models.mpt.modeling_mpt import build_mpt_alibi_tensor

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

ATTN = dict(alibi=True, alibi_bias_max=8, attn_impl="torch", attn_pdrop=0, attn_type="multihead_attention", attn_uses_sequence_id=False, clip_qkv=None, prefix_lm=False, qk_ln=False, softmax_scale=None)
MPT = dict(model_type="mpt", attn_config=ATTN, emb_pdrop=0, embedding_fraction=1.0, expansion_ratio=4, init_device="cpu", learned_pos_emb=True, logit_scale=None, no_bias=True, norm_type="low_precision_layernorm", resid_pdrop=0, use_cache=False, verbose=0, vocab_size=50432)
SMALL = dict(model_type="mpt", d_model=48, n_layers=3, n_heads=6, vocab_size=31)
CONFIGS = {
    # Typed in from their config.json.
    "mpt-7b": MPT | dict(d_model=4096, max_seq_len=2048, n_heads=32, n_layers=32),
    "mpt-30b": MPT | dict(d_model=7168, max_seq_len=8192, n_heads=64, n_layers=48),
    "defaults": dict(model_type="mpt"),
    "the common names win": SMALL | dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=12),
    "untied": SMALL | dict(tie_word_embeddings=False),
    "scores": SMALL | dict(attn_config=dict(softmax_scale=0.3)),
    "no keys of attention": SMALL | dict(attn_config=None),
    "ALiBi is not a choice": SMALL | dict(attn_config=dict(alibi=False, alibi_bias_max=4, clip_qkv=None, qk_ln=True)),
    "neither are biases and positions": SMALL | dict(no_bias=False, learned_pos_emb=True, expansion_ratio=3, logit_scale=0.5),
    "one head": SMALL | dict(n_heads=1),
    "two heads": SMALL | dict(n_heads=2),
    "three heads": SMALL | dict(n_heads=3),
    "twelve heads": SMALL | dict(n_heads=12),
}


def attention(layer, config):
    alibi = build_mpt_alibi_tensor(config.n_heads, 2)  # of positions 0 and 1
    return 0, layer.attn.softmax_scale, 0, described.numbers(-alibi[:, 0, 0])


if __name__ == "__main__":
    described.write(HERE / "golden.json", CONFIGS, attention)
