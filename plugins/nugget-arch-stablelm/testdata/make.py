"""Writes golden.json: what transformers makes of StableLM configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

STABLELM = dict(
    model_type="stablelm", bos_token_id=0, eos_token_id=0, hidden_act="silu", initializer_range=0.02, layer_norm_eps=1e-05, max_position_embeddings=4096, num_attention_heads=32, num_hidden_layers=32,
    partial_rotary_factor=0.25, rope_theta=10000, tie_word_embeddings=False, use_cache=True,
)
STABLELM2 = STABLELM | dict(attention_dropout=0.0, bos_token_id=100257, eos_token_id=100257, hidden_dropout=0.0, vocab_size=100352)

# Configurations of published models, typed in from their config.json.
REAL = {
    "stablelm-3b-4e1t": STABLELM | dict(hidden_size=2560, intermediate_size=6912, num_key_value_heads=32, use_qkv_bias=False, vocab_size=50304),
    "stablelm-2-1_6b": STABLELM2 | dict(hidden_size=2048, intermediate_size=5632, num_hidden_layers=24, num_key_value_heads=32, qk_layernorm=False, use_parallel_residual=False, use_qkv_bias=True),
    "stablelm-2-12b": STABLELM2 | dict(hidden_size=5120, intermediate_size=13824, num_hidden_layers=40, num_key_value_heads=8, qk_layernorm=True, use_parallel_residual=True, use_qkv_bias=False),
    "stable-code-3b": STABLELM | dict(hidden_size=2560, intermediate_size=6912, max_position_embeddings=16384, num_key_value_heads=32, rope_theta=1000000, use_qkv_bias=False, vocab_size=50304),
}

# The awkward cases, on a small model.
SMALL = dict(model_type="stablelm", hidden_size=48, intermediate_size=40, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2, vocab_size=31, partial_rotary_factor=0.5)
AWKWARD = {
    "defaults": dict(model_type="stablelm"),
    "biases": SMALL | dict(use_qkv_bias=True),
    "norms of heads": SMALL | dict(qk_layernorm=True),
    "a norm of the only head of k": SMALL | dict(qk_layernorm=True, num_key_value_heads=1),
    "norms of heads, side by side, tied": SMALL | dict(qk_layernorm=True, use_parallel_residual=True, tie_word_embeddings=True),
    "side by side": SMALL | dict(use_parallel_residual=True),
    "an old key has no part in it": SMALL | dict(rope_pct=1.0, norm_eps=3.0),
    "a part within": SMALL | dict(rope_parameters=dict(rope_type="linear", factor=3.0, rope_theta=500.0, partial_rotary_factor=0.25)),
    "whole heads": SMALL | dict(partial_rotary_factor=1.0),
    "dynamic": SMALL | dict(max_position_embeddings=64, rope_scaling=dict(type="dynamic", factor=2.0)),
}

if __name__ == "__main__":
    described.write(HERE / "golden.json", REAL | AWKWARD)
