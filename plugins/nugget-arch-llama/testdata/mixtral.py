"""Writes mixtral.json: what transformers makes of Mixtral configurations
(testdata/conformance/described.py says what).

    python mixtral.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

# The configuration of the published model, typed in from its config.json.
REAL = {
    "Mixtral-8x7B-v0.1": dict(
        model_type="mixtral", attention_dropout=0.0, bos_token_id=1, eos_token_id=2, hidden_act="silu", hidden_size=4096, initializer_range=0.02,
        intermediate_size=14336, max_position_embeddings=32768, num_attention_heads=32, num_experts_per_tok=2, num_hidden_layers=32, num_key_value_heads=8,
        num_local_experts=8, output_router_logits=False, rms_norm_eps=1e-5, rope_theta=1000000.0, router_aux_loss_coef=0.02, sliding_window=None,
        tie_word_embeddings=False, use_cache=True, vocab_size=32000,
    ),
}

# The awkward cases, on a small model.
SMALL = dict(model_type="mixtral", hidden_size=48, intermediate_size=20, num_hidden_layers=2, num_attention_heads=6, num_key_value_heads=2, vocab_size=31, num_local_experts=3)
AWKWARD = {
    "few layers of the defaults": dict(model_type="mixtral", num_hidden_layers=2),
    "nulls": SMALL | dict(head_dim=None, sliding_window=None, rope_scaling=None),
    "a window": SMALL | dict(sliding_window=7),
    "a head that is no share": SMALL | dict(head_dim=14),
    "tied": SMALL | dict(tie_word_embeddings=True),
    "no biases": SMALL | dict(attention_bias=True, mlp_bias=True),
    "experts under their other name": {k: v for k, v in SMALL.items() if k != "num_local_experts"} | dict(num_experts=5),
    "linear": SMALL | dict(rope_theta=5000.0, rope_scaling=dict(type="linear", factor=3)),
    "theta within": SMALL | dict(rope_parameters=dict(rope_type="default", rope_theta=5000.0)),
}

if __name__ == "__main__":
    described.write(HERE / "mixtral.json", REAL | AWKWARD)
