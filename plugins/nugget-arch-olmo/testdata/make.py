"""Writes golden.json: what transformers makes of OLMo, OLMo 2, OLMo 3 and OLMoE
configurations (testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

OLMO = dict(model_type="olmo", attention_bias=False, attention_dropout=0.0, clip_qkv=None, eos_token_id=50279, hidden_act="silu", initializer_range=0.02, max_position_embeddings=2048, pad_token_id=1, rope_scaling=None, rope_theta=10000.0, use_cache=True, vocab_size=50304)
OLMO2 = dict(model_type="olmo2", attention_bias=False, attention_dropout=0.0, eos_token_id=100257, hidden_act="silu", initializer_range=0.02, max_position_embeddings=4096, pad_token_id=100277, rms_norm_eps=1e-06, rope_scaling=None, rope_theta=500000, tie_word_embeddings=False, use_cache=True, vocab_size=100352)
SLIDING, FULL = "sliding_attention", "full_attention"
OLMO3 = OLMO2 | dict(
    model_type="olmo3", max_position_embeddings=65536, sliding_window=4096, vocab_size=100278,
    rope_scaling=dict(attention_factor=1.2079441541679836, beta_fast=32, beta_slow=1, factor=8.0, original_max_position_embeddings=8192, rope_type="yarn"),
)

# Configurations of published models, typed in from their config.json.
REAL = {
    "OLMo-1B": OLMO | dict(hidden_size=2048, intermediate_size=8192, num_attention_heads=16, num_hidden_layers=16, num_key_value_heads=16, tie_word_embeddings=True),
    "OLMo-7B": OLMO | dict(hidden_size=4096, intermediate_size=11008, num_attention_heads=32, num_hidden_layers=32, num_key_value_heads=32, tie_word_embeddings=False),
    "OLMo-2-0425-1B": OLMO2 | dict(hidden_size=2048, intermediate_size=8192, num_attention_heads=16, num_hidden_layers=16, num_key_value_heads=16),
    "OLMo-2-1124-7B": OLMO2 | dict(hidden_size=4096, intermediate_size=11008, num_attention_heads=32, num_hidden_layers=32, num_key_value_heads=32),
    "OLMo-2-0325-32B": OLMO2 | dict(hidden_size=5120, intermediate_size=27648, num_attention_heads=40, num_hidden_layers=64, num_key_value_heads=8),
    "Olmo-3-1025-7B": OLMO3 | dict(hidden_size=4096, intermediate_size=11008, layer_types=([SLIDING] * 3 + [FULL]) * 8, num_attention_heads=32, num_hidden_layers=32, num_key_value_heads=32),
    "OLMoE-1B-7B-0924": dict(model_type="olmoe", attention_bias=False, attention_dropout=0.0, clip_qkv=None, eos_token_id=50279, hidden_act="silu", hidden_size=2048, initializer_range=0.02, intermediate_size=1024, max_position_embeddings=4096, norm_topk_prob=False, num_attention_heads=16, num_experts=64, num_experts_per_tok=8, num_hidden_layers=16, num_key_value_heads=16, output_router_logits=False, pad_token_id=1, rms_norm_eps=1e-05, rope_scaling=None, rope_theta=10000.0, router_aux_loss_coef=0.01, tie_word_embeddings=False, use_cache=True, vocab_size=50304),
}

# The awkward cases, on a small model.
SMALL = dict(hidden_size=48, intermediate_size=40, num_hidden_layers=5, num_attention_heads=6, num_key_value_heads=2, vocab_size=31)
ONE, TWO, THREE = (SMALL | dict(model_type=t) for t in ("olmo", "olmo2", "olmo3"))
MOE = SMALL | dict(model_type="olmoe", num_experts=4, num_experts_per_tok=2)
LINEAR, YARN = dict(rope_type="linear", factor=8.0), dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)
AWKWARD = {
    "defaults of OLMo": dict(model_type="olmo"),
    "defaults of OLMo 2": dict(model_type="olmo2"),
    "defaults of OLMo 3": dict(model_type="olmo3"),
    "few layers of OLMoE's defaults": dict(model_type="olmoe", num_hidden_layers=2),
    "nulls": ONE | dict(num_key_value_heads=None, rope_scaling=None, rope_parameters=None, clip_qkv=None),
    "nulls of OLMo 2": TWO | dict(num_key_value_heads=None, rope_scaling=None, rope_parameters=None),
    "a head that is no share": TWO | dict(head_dim=14),
    "biases of OLMo": ONE | dict(attention_bias=True, mlp_bias=True),
    "biases of OLMo 2, tied": TWO | dict(attention_bias=True, tie_word_embeddings=True),
    "biases of OLMoE, tied": MOE | dict(attention_bias=True, tie_word_embeddings=True),
    "OLMo 2 clips nothing": TWO | dict(clip_qkv=3.0),
    "OLMo 2 has no windows": TWO | dict(layer_types=None),
    "a window": THREE | dict(sliding_window=9),
    "layer_types": THREE | dict(sliding_window=9, layer_types=[FULL, SLIDING, SLIDING, FULL, SLIDING]),
    "layer_types that never slide": THREE | dict(layer_types=[FULL] * 5),
    "theta is the full layers'": THREE | dict(rope_theta=700.0),
    "scaling is the full layers'": THREE | dict(rope_theta=700.0, rope_scaling=LINEAR),
    "parameters a type": THREE | dict(rope_parameters={FULL: LINEAR | dict(rope_theta=5000.0), SLIDING: dict(rope_type="default", rope_theta=300.0)}),
    "parameters without theta": THREE | dict(rope_parameters={FULL: LINEAR, SLIDING: dict(rope_type="linear", factor=2)}, rope_theta=700.0),
    "parameters of one type": THREE | dict(rope_parameters={SLIDING: LINEAR}, rope_theta=700.0),
    "parameters and scaling": THREE | dict(rope_parameters={FULL: dict(rope_type="default", rope_theta=5000.0)}, rope_scaling=LINEAR),
    "parameters of no type": THREE | dict(rope_parameters=LINEAR | dict(rope_theta=5000.0)),
    "yarn": THREE | dict(head_dim=32, rope_parameters={FULL: YARN, SLIDING: {}}),
    "experts under their new name": {k: v for k, v in MOE.items() if k != "num_experts"} | dict(num_local_experts=5),
    "renormalised experts": MOE | dict(norm_topk_prob=True),
    "yarn of OLMoE": MOE | dict(rope_scaling=YARN),
    "the whole head is rotated": ONE | dict(partial_rotary_factor=0.5),
}

if __name__ == "__main__":
    described.write(HERE / "golden.json", REAL | AWKWARD)
