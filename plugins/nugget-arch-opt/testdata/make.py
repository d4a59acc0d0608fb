"""Writes golden.json: what transformers makes of OPT configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

OPT = dict(model_type="opt", _remove_final_layer_norm=False, activation_dropout=0.0, activation_function="relu", attention_dropout=0.0, bos_token_id=2, do_layer_norm_before=True, dropout=0.1, eos_token_id=2, init_std=0.02, layerdrop=0.0, max_position_embeddings=2048, pad_token_id=1, prefix="</s>", use_cache=True, vocab_size=50272)
SMALL = dict(model_type="opt", hidden_size=48, ffn_dim=40, num_hidden_layers=3, num_attention_heads=6, vocab_size=31, pad_token_id=None, max_position_embeddings=50)
CONFIGS = {
    # Typed in from their config.json.
    "opt-125m": OPT | dict(ffn_dim=3072, hidden_size=768, num_attention_heads=12, num_hidden_layers=12, word_embed_proj_dim=768),
    "opt-1.3b": OPT | dict(ffn_dim=8192, hidden_size=2048, num_attention_heads=32, num_hidden_layers=24, word_embed_proj_dim=2048),
    "opt-6.7b": OPT | dict(ffn_dim=16384, hidden_size=4096, num_attention_heads=32, num_hidden_layers=32, word_embed_proj_dim=4096),
    "defaults": dict(model_type="opt"),
    "no width of the embeddings": SMALL | dict(word_embed_proj_dim=None),
    "untied": SMALL | dict(tie_word_embeddings=False),
    "no biases": SMALL | dict(enable_bias=False),
    "norms without weights": SMALL | dict(layer_norm_elementwise_affine=False),
    "norms behind": SMALL | dict(do_layer_norm_before=False),
    "no last norm": SMALL | dict(_remove_final_layer_norm=True),
}


def attention(layer, config):
    return 0, layer.self_attn.scaling, 0


if __name__ == "__main__":
    described.write(HERE / "golden.json", CONFIGS, attention)
