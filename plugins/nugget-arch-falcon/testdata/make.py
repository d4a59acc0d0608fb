"""Writes golden.json: what transformers makes of Falcon configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

FALCON = dict(model_type="falcon", alibi=False, apply_residual_connection_post_layernorm=False, attention_dropout=0.0, bias=False, bos_token_id=11, eos_token_id=11, hidden_dropout=0.0, initializer_range=0.02, layer_norm_epsilon=1e-05, num_hidden_layers=32, parallel_attn=True, use_cache=True, vocab_size=65024)
SMALL = dict(model_type="falcon", hidden_size=48, num_hidden_layers=3, num_attention_heads=6, vocab_size=31)
NEW = SMALL | dict(new_decoder_architecture=True, num_kv_heads=2)
CONFIGS = {
    # Typed in from their config.json.
    "falcon-7b": FALCON | dict(hidden_size=4544, multi_query=True, new_decoder_architecture=False, num_attention_heads=71),
    "falcon-40b": FALCON | dict(hidden_size=8192, new_decoder_architecture=True, num_attention_heads=128, num_hidden_layers=60, num_kv_heads=8),
    "falcon-11B": FALCON | dict(activation="gelu", ff_factor=4, ffn_hidden_size=16384, hidden_size=4096, max_position_embeddings=8192, multi_query=True, new_decoder_architecture=True, num_attention_heads=32, num_hidden_layers=60, num_kv_heads=8, num_ln_in_parallel_attn=1, rope_scaling=None, rope_theta=500042.0, tie_word_embeddings=False),
    "defaults": dict(model_type="falcon"),
    "many queries' keys are ignored": SMALL | dict(num_kv_heads=3),
    "keys of its own for each head": SMALL | dict(multi_query=False),
    "one after the other": SMALL | dict(parallel_attn=False),
    "one after the other, with biases": SMALL | dict(parallel_attn=False, multi_query=False, bias=True, tie_word_embeddings=False),
    "one after the other, whatever the norms": SMALL | dict(parallel_attn=False, num_ln_in_parallel_attn=2),
    "groups": NEW,
    "groups of one": NEW | dict(num_kv_heads=None),
    "groups and one norm": NEW | dict(num_ln_in_parallel_attn=1, bias=True),
    "the name of old wins": SMALL | dict(n_embed=24),
    "an MLP of its own": SMALL | dict(ffn_hidden_size=20),
    "theta": SMALL | dict(rope_theta=700.0),
    "yarn": SMALL | dict(hidden_size=192, rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)),
}


def attention(layer, config):
    return 0, layer.self_attention.inv_norm_factor, 0


if __name__ == "__main__":
    described.write(HERE / "golden.json", CONFIGS, attention)
