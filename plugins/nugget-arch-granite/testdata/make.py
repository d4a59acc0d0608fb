"""Writes golden.json: what transformers makes of Granite configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

GRANITE = dict(model_type="granite", attention_bias=False, attention_dropout=0.1, embedding_multiplier=12.0, hidden_act="silu", initializer_range=0.02, mlp_bias=False, num_attention_heads=32, num_hidden_layers=40, num_key_value_heads=8, residual_multiplier=0.22, rms_norm_eps=1e-05, rope_scaling=None, tie_word_embeddings=True, use_cache=True, vocab_size=49152)

# Configurations of published models, typed in from their config.json.
REAL = {
    "granite-3.1-2b-base": GRANITE | dict(attention_multiplier=0.015625, hidden_size=2048, intermediate_size=8192, logits_scaling=8.0, max_position_embeddings=131072, rope_theta=5000000.0),
    "granite-3.0-8b-base": GRANITE | dict(attention_multiplier=0.0078125, hidden_size=4096, intermediate_size=12800, logits_scaling=16.0, max_position_embeddings=4096, rope_theta=10000.0),
    "granite-3.3-8b-instruct": GRANITE | dict(attention_dropout=0.0, attention_multiplier=0.0078125, hidden_size=4096, intermediate_size=12800, logits_scaling=16.0, max_position_embeddings=131072, rope_theta=10000000.0, vocab_size=49159),
}

# The awkward cases, on a small model.
SMALL = dict(model_type="granite", hidden_size=48, intermediate_size=40, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2, vocab_size=31)
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)
AWKWARD = {
    "defaults": dict(model_type="granite"),
    "nulls": SMALL | dict(num_key_value_heads=None, rope_scaling=None, rope_parameters=None),
    "a head that is no share": SMALL | dict(head_dim=14),
    "scores": SMALL | dict(attention_multiplier=0.3),
    "scores of an integer": SMALL | dict(attention_multiplier=2),
    "biases of attention": SMALL | dict(attention_bias=True),
    "biases of the MLP, tied": SMALL | dict(mlp_bias=True, tie_word_embeddings=True),
    "no window": SMALL | dict(sliding_window=None),
    "theta beside": SMALL | dict(rope_theta=123456.7),
    "theta within": SMALL | dict(rope_parameters=dict(rope_theta=5000, rope_type="default")),
    "the whole head is rotated": SMALL | dict(partial_rotary_factor=0.5),
    "linear": SMALL | dict(rope_scaling=dict(type="linear", factor=3)),
    "yarn": SMALL | dict(head_dim=32, rope_scaling=YARN),
}

if __name__ == "__main__":
    described.write(HERE / "golden.json", REAL | AWKWARD)
