"""Writes golden.json: what transformers makes of GPT-NeoX configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

PYTHIA = dict(
    model_type="gpt_neox", bos_token_id=0, eos_token_id=0, hidden_act="gelu", initializer_range=0.02, layer_norm_eps=1e-05, max_position_embeddings=2048, rotary_emb_base=10000, rotary_pct=0.25,
    tie_word_embeddings=False, use_cache=True, use_parallel_residual=True,
)

# Configurations of published models, typed in from their config.json.
REAL = {
    "pythia-70m": PYTHIA | dict(hidden_size=512, intermediate_size=2048, num_attention_heads=8, num_hidden_layers=6, vocab_size=50304),
    "pythia-160m": PYTHIA | dict(hidden_size=768, intermediate_size=3072, num_attention_heads=12, num_hidden_layers=12, vocab_size=50304),
    "pythia-1b": PYTHIA | dict(hidden_size=2048, intermediate_size=8192, num_attention_heads=8, num_hidden_layers=16, vocab_size=50304),
    "pythia-6.9b": PYTHIA | dict(hidden_size=4096, intermediate_size=16384, num_attention_heads=32, num_hidden_layers=32, vocab_size=50432),
    "gpt-neox-20b": PYTHIA | dict(attention_probs_dropout_prob=0, hidden_act="gelu_fast", hidden_dropout_prob=0, hidden_size=6144, intermediate_size=24576, num_attention_heads=64, num_hidden_layers=44, vocab_size=50432),
    "RedPajama-INCITE-Base-3B-v1": PYTHIA | dict(hidden_size=2560, intermediate_size=10240, num_attention_heads=32, num_hidden_layers=32, rotary_pct=1.0, use_parallel_residual=False, vocab_size=50432),
    "stablelm-base-alpha-3b": PYTHIA | dict(hidden_size=4096, intermediate_size=16384, max_position_embeddings=4096, num_attention_heads=32, num_hidden_layers=16, vocab_size=50688),
}

# The awkward cases, on a small model.
SMALL = dict(model_type="gpt_neox", hidden_size=48, intermediate_size=40, num_hidden_layers=3, num_attention_heads=6, vocab_size=31)
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=128)
AWKWARD = {
    "defaults": dict(model_type="gpt_neox"),
    "no biases": SMALL | dict(attention_bias=False),
    "one after the other, tied": SMALL | dict(use_parallel_residual=False, tie_word_embeddings=True),
    "a part and a base": SMALL | dict(rotary_pct=0.5, rotary_emb_base=777),
    "other keys have no part in it": SMALL | dict(rotary_pct=0.5, rotary_emb_base=777, rope_theta=5.0, partial_rotary_factor=1.0),
    "within": SMALL | dict(rope_parameters=dict(rope_type="default", rope_theta=500.0, partial_rotary_factor=0.75)),
    "within wins": SMALL | dict(rotary_pct=0.5, rotary_emb_base=777, rope_parameters=dict(rope_theta=500.0, partial_rotary_factor=0.75)),
    "half of it within": SMALL | dict(rotary_emb_base=777, rope_parameters=dict(partial_rotary_factor=0.75)),
    "an odd part": SMALL | dict(rotary_pct=0.4),
    "one entry": SMALL | dict(rotary_pct=0.13),
    "linear": SMALL | dict(rope_scaling=dict(type="linear", factor=3)),
    "an odd part, linear": SMALL | dict(rotary_pct=0.4, rope_scaling=dict(type="linear", factor=3)),
    "llama3": SMALL | dict(rotary_pct=1.0, rotary_emb_base=5000, rope_scaling=LLAMA3),
    "yarn": SMALL | dict(rotary_pct=1.0, max_position_embeddings=256, rope_scaling=YARN),
    "dynamic": SMALL | dict(rotary_pct=0.5, max_position_embeddings=64, rope_scaling=dict(type="dynamic", factor=2.0)),
    "whole heads": SMALL | dict(rotary_pct=1.0),
}


def attention(layer, config):
    return 0, layer.attention.scaling, 0


if __name__ == "__main__":
    described.write(HERE / "golden.json", REAL | AWKWARD, attention)
