"""Writes golden.json: what transformers makes of SmolLM3 configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

SMALL = dict(model_type="smollm3", hidden_size=48, intermediate_size=40, num_hidden_layers=5, num_attention_heads=6, num_key_value_heads=2, vocab_size=31, pad_token_id=None)
SLIDING, FULL = "sliding_attention", "full_attention"
CONFIGS = {
    # Typed in from its config.json.
    "SmolLM3-3B": dict(
        model_type="smollm3", attention_bias=False, attention_dropout=0.0, bos_token_id=None, eos_token_id=128012, hidden_act="silu", hidden_size=2048, initializer_range=0.02,
        intermediate_size=11008, layer_types=[FULL] * 36, max_position_embeddings=65536, max_window_layers=28, mlp_bias=False, no_rope_layer_interval=4, no_rope_layers=[1, 1, 1, 0] * 9,
        num_attention_heads=16, num_hidden_layers=36, num_key_value_heads=4, pad_token_id=128004, pretraining_tp=2, rms_norm_eps=1e-06, rope_scaling=None, rope_theta=5000000.0,
        sliding_window=None, use_cache=False, use_sliding_window=False, vocab_size=128256,
    ),
    "defaults": dict(model_type="smollm3"),
    "nulls": SMALL | dict(num_key_value_heads=None, rope_scaling=None, no_rope_layers=None, layer_types=None, sliding_window=None),
    "an interval": SMALL | dict(no_rope_layer_interval=2),
    "an interval of one": SMALL | dict(no_rope_layer_interval=1),
    "more layers than there are": SMALL | dict(no_rope_layers=[0, 1, 0, 1, 1, 0, 0]),
    "layers before an interval": SMALL | dict(no_rope_layers=[1, 1, 1, 1, 0], no_rope_layer_interval=2),
    "a window that is off": SMALL | dict(sliding_window=7),
    "a window": SMALL | dict(use_sliding_window=True, sliding_window=7),
    "a window without a width": SMALL | dict(use_sliding_window=True),
    "layer_types": SMALL | dict(use_sliding_window=True, sliding_window=7, layer_types=[SLIDING, FULL, FULL, SLIDING, FULL]),
    "layer_types win over the switch": SMALL | dict(sliding_window=7, layer_types=[SLIDING, FULL, FULL, SLIDING, FULL]),
    "biases, untied": SMALL | dict(attention_bias=True, mlp_bias=True, tie_word_embeddings=False),
    "a head that is no share": SMALL | dict(head_dim=14),
    "yarn": SMALL | dict(head_dim=32, rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)),
}


def attention(layer, config):
    module = layer.self_attn
    # The mask, not the module, is what counts.
    return config.sliding_window if config.layer_types[module.layer_idx] == SLIDING else 0, module.scaling, 0


def rope(decoder, config, layer):
    return described.rope(decoder, config, layer) if decoder.layers[layer].self_attn.use_rope else None


if __name__ == "__main__":
    described.write(HERE / "golden.json", CONFIGS, attention, rope)
