"""Writes golden.json: what transformers makes of Qwen2, Qwen3 and Qwen3-MoE
configurations (testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

QWEN2 = dict(model_type="qwen2", hidden_act="silu", rms_norm_eps=1e-6, rope_theta=1000000.0, use_sliding_window=False, attention_dropout=0.0, initializer_range=0.02, use_cache=True)
QWEN3 = dict(model_type="qwen3", hidden_act="silu", rms_norm_eps=1e-6, rope_theta=1000000, rope_scaling=None, use_sliding_window=False, sliding_window=None, attention_bias=False, attention_dropout=0.0, head_dim=128, max_position_embeddings=40960, num_key_value_heads=8, vocab_size=151936)

# Configurations of published models, typed in from their config.json.
REAL = {
    "Qwen2-0.5B": QWEN2 | dict(hidden_size=896, intermediate_size=4864, max_position_embeddings=131072, max_window_layers=24, num_attention_heads=14, num_hidden_layers=24, num_key_value_heads=2, sliding_window=131072, tie_word_embeddings=True, vocab_size=151936),
    "Qwen2-7B": QWEN2 | dict(hidden_size=3584, intermediate_size=18944, max_position_embeddings=131072, max_window_layers=28, num_attention_heads=28, num_hidden_layers=28, num_key_value_heads=4, sliding_window=131072, tie_word_embeddings=False, vocab_size=152064),
    "Qwen3-0.6B": QWEN3 | dict(hidden_size=1024, intermediate_size=3072, max_window_layers=28, num_attention_heads=16, num_hidden_layers=28, tie_word_embeddings=True),
    "Qwen3-8B": QWEN3 | dict(hidden_size=4096, intermediate_size=12288, max_window_layers=36, num_attention_heads=32, num_hidden_layers=36, tie_word_embeddings=False),
    "Qwen3-30B-A3B": QWEN3 | dict(model_type="qwen3_moe", decoder_sparse_step=1, hidden_size=2048, intermediate_size=6144, max_window_layers=48, mlp_only_layers=[], moe_intermediate_size=768, norm_topk_prob=True, num_attention_heads=32, num_experts=128, num_experts_per_tok=8, num_hidden_layers=48, num_key_value_heads=4, output_router_logits=False, router_aux_loss_coef=0.001, tie_word_embeddings=False),
}

# The awkward cases, on a small model.
SMALL = dict(hidden_size=48, intermediate_size=40, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2, vocab_size=31)
TWO, THREE = SMALL | dict(model_type="qwen2"), SMALL | dict(model_type="qwen3", head_dim=10)
MOE = SMALL | dict(model_type="qwen3_moe", num_experts=4, num_experts_per_tok=2, moe_intermediate_size=14)
SLIDING, FULL = "sliding_attention", "full_attention"
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)
AWKWARD = {
    "defaults of Qwen2": dict(model_type="qwen2"),
    "defaults of Qwen3": dict(model_type="qwen3"),
    "few layers of Qwen3-MoE's defaults": dict(model_type="qwen3_moe", num_hidden_layers=2),
    "nulls": TWO | dict(num_key_value_heads=None, rope_scaling=None, rope_parameters=None, layer_types=None),
    "nulls of Qwen3": SMALL | dict(model_type="qwen3", num_key_value_heads=None, sliding_window=None),
    "a head that is no share": TWO | dict(head_dim=14),
    "Qwen2 has no choice of biases": TWO | dict(attention_bias=False, mlp_bias=True),
    "biases of Qwen3": THREE | dict(attention_bias=True),
    "biases of Qwen3-MoE": MOE | dict(attention_bias=True),
    "tied": THREE | dict(tie_word_embeddings=True),
    "a window that is off": TWO | dict(sliding_window=7, max_window_layers=0),
    "a window that is null": TWO | dict(use_sliding_window=True, sliding_window=None, max_window_layers=0),
    "a window of the class": TWO | dict(use_sliding_window=True, max_window_layers=2),
    "a window beyond the class's layers": TWO | dict(use_sliding_window=True, sliding_window=7),
    "a window from the first layer on": THREE | dict(use_sliding_window=True, sliding_window=7, max_window_layers=0),
    "layer_types win": THREE | dict(use_sliding_window=True, sliding_window=7, max_window_layers=0, layer_types=[FULL, SLIDING, FULL]),
    "layer_types that never slide": TWO | dict(layer_types=[FULL] * 3),
    "a window in all layers of Qwen3-MoE": MOE | dict(use_sliding_window=True, sliding_window=7, max_window_layers=2),
    "a window that is off in Qwen3-MoE": MOE | dict(sliding_window=7),
    "no experts": MOE | dict(num_experts=0),
    "experts under their new name": {k: v for k, v in MOE.items() if k != "num_experts"} | dict(num_local_experts=5),
    "every second layer has experts": MOE | dict(decoder_sparse_step=2, num_hidden_layers=5),
    "no layer has experts": MOE | dict(decoder_sparse_step=4),
    "layers without experts": MOE | dict(mlp_only_layers=[0, 2]),
    "layers without experts that are not there": MOE | dict(mlp_only_layers=[1, 9]),
    "no list of layers without experts": MOE | dict(mlp_only_layers=None),
    "Qwen3-MoE without head_dim": MOE | dict(num_key_value_heads=3),
    "theta beside": TWO | dict(rope_theta=123456.7),
    "theta within": THREE | dict(rope_parameters=dict(rope_theta=5000, rope_type="default")),
    "the whole head is rotated": THREE | dict(partial_rotary_factor=0.5),
    "yarn as Qwen2.5 writes it": TWO | dict(rope_scaling=dict(factor=4.0, original_max_position_embeddings=64, type="yarn")),
    "yarn of Qwen3": THREE | dict(head_dim=32, rope_parameters=YARN | dict(rope_theta=1e6)),
    "yarn of Qwen3-MoE": MOE | dict(head_dim=32, rope_scaling=YARN),
    "linear": THREE | dict(rope_scaling=dict(rope_type="linear", factor=8)),
}

if __name__ == "__main__":
    described.write(HERE / "golden.json", REAL | AWKWARD)
