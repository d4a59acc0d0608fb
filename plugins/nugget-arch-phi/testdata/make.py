"""Writes golden.json: what transformers makes of Phi and Phi-3 configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

PHI = dict(
    model_type="phi", attention_dropout=0.0, bos_token_id=50256, embd_pdrop=0.0, eos_token_id=50256, hidden_act="gelu_new", initializer_range=0.02, layer_norm_eps=1e-05, max_position_embeddings=2048,
    num_key_value_heads=None, qk_layernorm=False, rope_scaling=None, rope_theta=10000.0, tie_word_embeddings=False, use_cache=True, vocab_size=51200,
)
PHI3 = dict(
    model_type="phi3", attention_bias=False, attention_dropout=0.0, bos_token_id=1, embd_pdrop=0.0, eos_token_id=32000, hidden_act="silu", hidden_size=3072, initializer_range=0.02, intermediate_size=8192,
    num_attention_heads=32, num_hidden_layers=32, num_key_value_heads=32, original_max_position_embeddings=4096, pad_token_id=32000, resid_pdrop=0.0, rms_norm_eps=1e-05, rope_theta=10000.0,
    tie_word_embeddings=False, use_cache=True, vocab_size=32064,
)


def longrope(n, kind="longrope"):
    """Factors of as many frequencies as the model has; the published ones are other numbers."""
    return dict(type=kind, short_factor=[1.0 + i / 32 for i in range(n)], long_factor=[1.0 + i * i / 16 for i in range(n)])


# Configurations of published models, typed in from their config.json.
REAL = {
    "phi-1_5": PHI | dict(hidden_size=2048, intermediate_size=8192, num_attention_heads=32, num_hidden_layers=24, partial_rotary_factor=0.5, resid_pdrop=0.0),
    "phi-2": PHI | dict(hidden_size=2560, intermediate_size=10240, num_attention_heads=32, num_hidden_layers=32, partial_rotary_factor=0.4, resid_pdrop=0.1),
    "Phi-3-mini-4k-instruct": PHI3 | dict(max_position_embeddings=4096, rope_scaling=None, sliding_window=2047),
    "Phi-3-mini-128k-instruct": PHI3 | dict(max_position_embeddings=131072, rope_scaling=longrope(48), sliding_window=262144),
    "Phi-3-medium-4k-instruct": PHI3 | dict(hidden_size=5120, intermediate_size=17920, max_position_embeddings=4096, num_attention_heads=40, num_hidden_layers=40, num_key_value_heads=10, rope_scaling=None, sliding_window=2047),
    "phi-4": PHI3 | dict(
        bos_token_id=100257, eos_token_id=100265, hidden_size=5120, intermediate_size=17920, max_position_embeddings=16384, num_attention_heads=40, num_hidden_layers=40, num_key_value_heads=10,
        original_max_position_embeddings=16384, pad_token_id=100349, rope_scaling=None, rope_theta=250000, sliding_window=None, vocab_size=100352,
    ),
    "Phi-4-mini-instruct": PHI3 | dict(
        bos_token_id=199999, eos_token_id=199999, full_attn_mod=1, interpolate_factor=1, lm_head_bias=False, max_position_embeddings=131072, mlp_bias=False, num_attention_heads=24, num_key_value_heads=8,
        pad_token_id=199999, partial_rotary_factor=0.75, rope_scaling=longrope(48), sliding_window=262144, tie_word_embeddings=True, vocab_size=200064,
    ),
}

# The awkward cases, on a small model.
SMALL = dict(hidden_size=48, intermediate_size=40, num_hidden_layers=3, num_attention_heads=6, vocab_size=31)
ONE, THREE = SMALL | dict(model_type="phi"), SMALL | dict(model_type="phi3", pad_token_id=None)
AWKWARD = {
    "defaults of Phi": dict(model_type="phi"),
    "defaults of Phi-3": dict(model_type="phi3"),
    "nulls": ONE | dict(num_key_value_heads=None, rope_scaling=None),
    "grouped": ONE | dict(num_key_value_heads=2),
    "norms of heads": ONE | dict(num_key_value_heads=3, qk_layernorm=True),
    "tied but for its bias": ONE | dict(tie_word_embeddings=True),
    "a head that is no share": ONE | dict(head_dim=12, num_key_value_heads=2),
    "a part beside": ONE | dict(partial_rotary_factor=0.75),
    "a part within": ONE | dict(partial_rotary_factor=0.75, rope_parameters=dict(rope_type="linear", factor=3.0, rope_theta=500.0, partial_rotary_factor=0.25)),
    "dynamic": ONE | dict(max_position_embeddings=64, rope_scaling=dict(type="dynamic", factor=2.0)),
    "yarn": ONE | dict(head_dim=32, max_position_embeddings=256, rope_scaling=dict(type="yarn", factor=4.0, original_max_position_embeddings=64)),
    "nulls of Phi-3": THREE | dict(num_key_value_heads=None, rope_scaling=None, sliding_window=None),
    "grouped heads of Phi-3, tied": THREE | dict(num_key_value_heads=2, tie_word_embeddings=True),
    "a head of Phi-3 that is no share": THREE | dict(head_dim=14, num_key_value_heads=3),
    "a window": THREE | dict(sliding_window=9),
    "Phi-3 has no biases": THREE | dict(attention_bias=True, mlp_bias=True, lm_head_bias=True),
    "a part of Phi-3": THREE | dict(partial_rotary_factor=0.5),
    "an odd part of Phi-3": THREE | dict(partial_rotary_factor=0.4),
    "longrope": THREE | dict(max_position_embeddings=8192, original_max_position_embeddings=64, rope_scaling=longrope(4)),
    "longrope of the class's length": THREE | dict(max_position_embeddings=8192, rope_scaling=longrope(4)),
    "longrope under an old name": THREE | dict(max_position_embeddings=8192, original_max_position_embeddings=64, rope_scaling=longrope(4, "su") | dict(original_max_position_embeddings=2)),
    "longrope as version 5 writes it": THREE | dict(
        max_position_embeddings=512, original_max_position_embeddings=64,
        rope_parameters=longrope(3, "longrope") | dict(rope_type="longrope", rope_theta=500.0, partial_rotary_factor=0.75, original_max_position_embeddings=64),
    ),
    "longrope with factor": THREE | dict(max_position_embeddings=8192, original_max_position_embeddings=64, rope_scaling=longrope(4) | dict(factor=2.5)),
    "longrope with attention_factor": THREE | dict(max_position_embeddings=8192, original_max_position_embeddings=64, rope_scaling=longrope(4) | dict(attention_factor=1.7)),
    "longrope that shortens": THREE | dict(max_position_embeddings=32, original_max_position_embeddings=64, rope_scaling=longrope(4)),
}


def attention(layer, config):
    """PhiModel has no windows."""
    return 0 if config.model_type == "phi" else config.sliding_window or 0, layer.self_attn.scaling, 0


if __name__ == "__main__":
    described.write(HERE / "golden.json", REAL | AWKWARD, attention)
