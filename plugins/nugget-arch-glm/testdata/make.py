"""Writes golden.json: what transformers makes of GLM-4 configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

GLM = dict(attention_dropout=0.0, eos_token_id=[151329, 151336, 151338], head_dim=128, hidden_act="silu", initializer_range=0.02, num_key_value_heads=2, pad_token_id=151329, partial_rotary_factor=0.5, rope_theta=10000.0, tie_word_embeddings=False, use_cache=True, vocab_size=151552)
SMALL = dict(hidden_size=48, intermediate_size=40, num_hidden_layers=2, num_attention_heads=6, head_dim=12, vocab_size=31, pad_token_id=None)
ONE, FOUR = SMALL | dict(model_type="glm"), SMALL | dict(model_type="glm4")
CONFIGS = {
    # Typed in from their config.json.
    "glm-4-9b-chat-hf": GLM | dict(model_type="glm", attention_bias=True, hidden_size=4096, intermediate_size=13696, max_position_embeddings=131072, num_attention_heads=32, num_hidden_layers=40, rms_norm_eps=1.5625e-07),
    "GLM-4-9B-0414": GLM | dict(model_type="glm4", attention_bias=True, hidden_size=4096, intermediate_size=13696, max_position_embeddings=32768, num_attention_heads=32, num_hidden_layers=40, rms_norm_eps=1e-05),
    "GLM-4-32B-0414": GLM | dict(model_type="glm4", attention_bias=False, hidden_size=6144, intermediate_size=23040, max_position_embeddings=32768, num_attention_heads=48, num_hidden_layers=61, rms_norm_eps=1e-05),
    "defaults of glm": dict(model_type="glm"),
    "defaults of glm4": dict(model_type="glm4"),
    "no biases, tied": ONE | dict(attention_bias=False, tie_word_embeddings=True),
    "tied": FOUR | dict(tie_word_embeddings=True, num_key_value_heads=3),
    "the whole head": ONE | dict(partial_rotary_factor=1.0),
    "two thirds": FOUR | dict(partial_rotary_factor=0.67),
    "a part within": FOUR | dict(rope_parameters=dict(rope_type="default", rope_theta=500.0, partial_rotary_factor=0.34)),
    "linear, of a part": ONE | dict(rope_scaling=dict(type="linear", factor=3)),
    "yarn, of a part": FOUR | dict(head_dim=64, rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)),
}

if __name__ == "__main__":
    described.write(HERE / "golden.json", CONFIGS)
