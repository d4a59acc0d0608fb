"""Writes golden.json: what transformers makes of Cohere and Cohere2 configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

COHERE = dict(model_type="cohere", attention_bias=False, attention_dropout=0.0, bos_token_id=5, eos_token_id=255001, hidden_act="silu", initializer_range=0.02, layer_norm_eps=1e-05, max_position_embeddings=8192, pad_token_id=0, use_cache=True, vocab_size=256000)
COHERE2 = COHERE | dict(model_type="cohere2", head_dim=128, layer_switch=4, order_of_interleaved_layers="local_attn_first", position_embedding_type="rope_gptj", rope_scaling=None, rope_theta=50000, rotary_pct=1.0, sliding_window=4096, sliding_window_pattern=4, use_embedding_sharing=True, use_gated_activation=True, use_parallel_block=True, use_parallel_embedding=True)

# Configurations of published models, typed in from their config.json.
REAL = {
    "c4ai-command-r-v01": COHERE | dict(hidden_size=8192, intermediate_size=22528, logit_scale=0.0625, model_max_length=131072, num_attention_heads=64, num_hidden_layers=40, num_key_value_heads=64, pretraining_tp=1, rope_theta=8000000.0),
    "c4ai-command-r-plus": COHERE | dict(hidden_size=12288, intermediate_size=33792, logit_scale=0.8333333333333334, num_attention_heads=96, num_hidden_layers=64, num_key_value_heads=8, rope_theta=75000000.0, use_qk_norm=True),
    "aya-23-8B": COHERE | dict(hidden_size=4096, intermediate_size=14336, logit_scale=0.0625, num_attention_heads=32, num_hidden_layers=32, num_key_value_heads=8, rope_theta=10000, use_qk_norm=False),
    "c4ai-command-r7b-12-2024": COHERE2 | dict(hidden_size=4096, intermediate_size=14336, logit_scale=0.25, max_position_embeddings=132096, num_attention_heads=32, num_hidden_layers=32, num_key_value_heads=8),
    "c4ai-command-a-03-2025": COHERE2 | dict(hidden_size=12288, intermediate_size=36864, logit_scale=0.25, max_position_embeddings=131072, num_attention_heads=96, num_hidden_layers=64, num_key_value_heads=8),
}

# The awkward cases, on a small model.
SMALL = dict(hidden_size=48, intermediate_size=40, num_hidden_layers=5, num_attention_heads=6, num_key_value_heads=2, vocab_size=31)
ONE, TWO = SMALL | dict(model_type="cohere"), SMALL | dict(model_type="cohere2")
SLIDING, FULL = "sliding_attention", "full_attention"
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)
AWKWARD = {
    "defaults of Cohere": dict(model_type="cohere"),
    "defaults of Cohere2": dict(model_type="cohere2"),
    "nulls": ONE | dict(num_key_value_heads=None, rope_scaling=None, rope_parameters=None, use_qk_norm=None),
    "nulls of Cohere2": TWO | dict(num_key_value_heads=None, layer_types=None),
    "a head that is no share": ONE | dict(head_dim=14),
    "a head that is no share of Cohere2": TWO | dict(head_dim=14),
    "untied": ONE | dict(tie_word_embeddings=False),
    "untied, biases": TWO | dict(tie_word_embeddings=False, attention_bias=True),
    "biases": ONE | dict(attention_bias=True),
    "heads with norms": ONE | dict(use_qk_norm=True),
    "Cohere2 has no such norms": TWO | dict(use_qk_norm=True),
    "Cohere has no windows": ONE | dict(sliding_window=7, layer_types=None),
    "a window": TWO | dict(sliding_window=9),
    "a pattern": TWO | dict(sliding_window_pattern=2),
    "a pattern of one": TWO | dict(sliding_window_pattern=1),
    "layer_types": TWO | dict(layer_types=[FULL, SLIDING, SLIDING, FULL, SLIDING], sliding_window_pattern=2),
    "layer_types that never slide": TWO | dict(layer_types=[FULL] * 5),
    "theta": ONE | dict(rope_theta=700.0),
    "theta within": TWO | dict(rope_parameters=dict(rope_theta=5000, rope_type="default")),
    "linear": ONE | dict(rope_scaling=dict(type="linear", factor=3)),
    "yarn": TWO | dict(head_dim=32, rope_scaling=YARN),
}


def attention(layer, config):
    return getattr(layer.self_attn, "sliding_window", None) or 0, layer.self_attn.scaling, 0


def rope(decoder, config, layer):
    if config.model_type == "cohere2" and decoder.layers[layer].self_attn.sliding_window is None:
        return None
    return described.rope(decoder, config, layer)


if __name__ == "__main__":
    described.write(HERE / "golden.json", REAL | AWKWARD, attention, rope)
