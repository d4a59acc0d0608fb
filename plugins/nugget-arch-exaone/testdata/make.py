"""Writes golden.json: what transformers makes of EXAONE 4.0 configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

SMALL = dict(model_type="exaone4", hidden_size=48, intermediate_size=40, num_hidden_layers=5, num_attention_heads=6, num_key_value_heads=2, vocab_size=31)
SLIDING, FULL = "sliding_attention", "full_attention"
LLAMA3 = dict(factor=16.0, high_freq_factor=4.0, low_freq_factor=1.0, original_max_position_embeddings=8192, rope_type="llama3")
CONFIGS = {
    # Typed in from their config.json.
    "EXAONE-4.0-32B": dict(
        model_type="exaone4", attention_dropout=0.0, bos_token_id=1, eos_token_id=361, head_dim=128, hidden_act="silu", hidden_size=5120, initializer_range=0.02, intermediate_size=27392,
        layer_types=([SLIDING] * 3 + [FULL]) * 16, max_position_embeddings=131072, num_attention_heads=40, num_hidden_layers=64, num_key_value_heads=8, pad_token_id=0, rms_norm_eps=1e-05,
        rope_scaling=LLAMA3, rope_theta=1000000, sliding_window=4096, sliding_window_pattern="LLLG", tie_word_embeddings=False, use_cache=True, vocab_size=102400,
    ),
    "EXAONE-4.0-1.2B": dict(
        model_type="exaone4", attention_dropout=0.0, bos_token_id=1, eos_token_id=361, head_dim=64, hidden_act="silu", hidden_size=2048, initializer_range=0.02, intermediate_size=4096,
        layer_types=[FULL] * 30, max_position_embeddings=65536, num_attention_heads=32, num_hidden_layers=30, num_key_value_heads=8, pad_token_id=0, rms_norm_eps=1e-05,
        rope_scaling=LLAMA3, rope_theta=1000000, sliding_window=None, sliding_window_pattern=None, tie_word_embeddings=True, use_cache=True, vocab_size=102400,
    ),
    "defaults": dict(model_type="exaone4"),
    "a pattern": SMALL | dict(sliding_window=9, sliding_window_pattern=2),
    "a pattern of one": SMALL | dict(sliding_window_pattern=1),
    "layer_types": SMALL | dict(sliding_window=9, layer_types=[FULL, SLIDING, SLIDING, FULL, SLIDING]),
    "layer_types that never slide, beside a window": SMALL | dict(layer_types=[FULL] * 5),
    "layer_types that never slide, and no window": SMALL | dict(layer_types=[FULL] * 5, sliding_window=None),
    "a head that is no share, tied": SMALL | dict(head_dim=14, tie_word_embeddings=True),
    "EXAONE 4.0 has no biases": SMALL | dict(attention_bias=True, mlp_bias=True),
}


def attention(layer, config):
    return layer.self_attn.sliding_window if layer.self_attn.is_sliding else 0, layer.self_attn.scaling, 0


def rope(decoder, config, layer):
    module = decoder.layers[layer].self_attn
    return described.rope(decoder, config, layer) if module.sliding_window is None or module.is_sliding else None


if __name__ == "__main__":
    described.write(HERE / "golden.json", CONFIGS, attention, rope)
