"""Writes golden.json: what transformers makes of StarCoder2 configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

STARCODER2 = dict(
    model_type="starcoder2", activation_function="gelu", attention_dropout=0.1, attention_softmax_in_fp32=True, bos_token_id=0, embedding_dropout=0.1, eos_token_id=0, hidden_act="gelu_pytorch_tanh",
    initializer_range=0.018042, layer_norm_epsilon=1e-05, max_position_embeddings=16384, mlp_type="default", norm_epsilon=1e-05, norm_type="layer_norm", residual_dropout=0.1,
    scale_attention_softmax_in_fp32=True, scale_attn_weights=True, sliding_window=4096, use_bias=True, use_cache=True, vocab_size=49152,
)

# Configurations of published models, typed in from their config.json.
REAL = {
    "starcoder2-3b": STARCODER2 | dict(hidden_size=3072, intermediate_size=12288, num_attention_heads=24, num_hidden_layers=30, num_key_value_heads=2, rope_theta=999999.4420358813),
    "starcoder2-7b": STARCODER2 | dict(hidden_size=4608, intermediate_size=18432, num_attention_heads=36, num_hidden_layers=32, num_key_value_heads=4, rope_theta=1000000),
    "starcoder2-15b": STARCODER2 | dict(hidden_size=6144, intermediate_size=24576, num_attention_heads=48, num_hidden_layers=40, num_key_value_heads=4, rope_theta=100000, tie_word_embeddings=False),
}

# The awkward cases, on a small model.
SMALL = dict(model_type="starcoder2", hidden_size=48, intermediate_size=40, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2, vocab_size=31)
AWKWARD = {
    "defaults": dict(model_type="starcoder2"),
    "nulls": SMALL | dict(sliding_window=None, rope_scaling=None, head_dim=None),
    "a window": SMALL | dict(sliding_window=9),
    "no biases": SMALL | dict(use_bias=False),
    "untied": SMALL | dict(tie_word_embeddings=False),
    "a head that is no share": SMALL | dict(head_dim=14),
    "the whole head is rotated": SMALL | dict(partial_rotary_factor=0.5),
    "theta within": SMALL | dict(rope_theta=7.0, rope_parameters=dict(rope_type="default", rope_theta=500.0)),
    "linear": SMALL | dict(rope_scaling=dict(type="linear", factor=3)),
    "yarn": SMALL | dict(head_dim=32, max_position_embeddings=256, rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)),
}


def attention(layer, config):
    return config.sliding_window or 0, layer.self_attn.scaling, 0


if __name__ == "__main__":
    described.write(HERE / "golden.json", REAL | AWKWARD, attention)
