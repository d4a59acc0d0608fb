"""Writes golden.json: what transformers makes of GPT-J configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

import torch
from transformers.models.gptj.modeling_gptj import create_sinusoidal_positions

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

SMALL = dict(model_type="gptj", n_embd=48, n_layer=3, n_head=6, rotary_dim=4, vocab_size=31)
CONFIGS = {
    # Typed in from its config.json.
    "gpt-j-6b": dict(
        model_type="gptj", activation_function="gelu_new", attn_pdrop=0.0, bos_token_id=50256, embd_pdrop=0.0, eos_token_id=50256, gradient_checkpointing=False, initializer_range=0.02,
        layer_norm_epsilon=1e-05, n_embd=4096, n_head=16, n_inner=None, n_layer=28, n_positions=2048, resid_pdrop=0.0, rotary=True, rotary_dim=64, scale_attn_weights=True, summary_activation=None,
        summary_first_dropout=0.1, summary_proj_to_labels=True, summary_type="cls_index", summary_use_proj=True, tie_word_embeddings=False, use_cache=True, vocab_size=50400,
    ),
    "defaults": dict(model_type="gptj"),
    "the common names win": SMALL | dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, max_position_embeddings=9),
    "tied": SMALL | dict(tie_word_embeddings=True),
    "an MLP of its own": SMALL | dict(n_inner=20),
    "the whole head": SMALL | dict(rotary_dim=8),
    "theta is not a choice": SMALL | dict(rope_theta=700.0, rotary_dim=6),
}


def attention(layer, config):
    return 0, layer.attn.scaling, 0


def rope(decoder, config, layer):
    inverse = 10000.0 ** (-torch.arange(0, config.rotary_dim, 2) / config.rotary_dim)
    angles = torch.arange(9)[:, None] * inverse
    torch.testing.assert_close(create_sinusoidal_positions(9, config.rotary_dim), torch.cat((angles.sin(), angles.cos()), 1), rtol=0, atol=2e-6)
    return {"inv_freq": described.numbers(inverse), "attention_factor": 1.0}


if __name__ == "__main__":
    described.write(HERE / "golden.json", CONFIGS, attention, rope)
