"""Writes golden.json: what transformers makes of GPT-2 configurations
(testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

GPT2 = dict(
    model_type="gpt2", activation_function="gelu_new", attn_pdrop=0.1, bos_token_id=50256, embd_pdrop=0.1, eos_token_id=50256, initializer_range=0.02, layer_norm_epsilon=1e-05,
    n_ctx=1024, n_positions=1024, resid_pdrop=0.1, summary_activation=None, summary_first_dropout=0.1, summary_proj_to_labels=True, summary_type="cls_index", summary_use_proj=True, vocab_size=50257,
)

# Configurations of published models, typed in from their config.json.
REAL = {
    "gpt2": GPT2 | dict(n_embd=768, n_head=12, n_layer=12),
    "gpt2-medium": GPT2 | dict(n_embd=1024, n_head=16, n_layer=24),
    "gpt2-large": GPT2 | dict(n_embd=1280, n_head=20, n_layer=36),
    "gpt2-xl": GPT2 | dict(n_embd=1600, n_head=25, n_layer=48, output_past=True),
    "distilgpt2": GPT2 | dict(n_embd=768, n_head=12, n_layer=6, _num_labels=1),
    "mistral-gpt2-small": GPT2 | dict(n_embd=768, n_head=12, n_inner=None, n_layer=12, reorder_and_upcast_attn=True, scale_attn_by_inverse_layer_idx=True, scale_attn_weights=True, use_cache=False),
    "cerebras-gpt-111m": GPT2 | dict(activation_function="gelu", n_embd=768, n_head=12, n_inner=3072, n_layer=10, n_positions=2048, scale_attn_weights=True),
}

# The awkward cases, on a small model.
SMALL = dict(model_type="gpt2", n_embd=48, n_head=6, n_layer=3, vocab_size=31, n_positions=20)
AWKWARD = {
    "defaults": dict(model_type="gpt2"),
    "nulls": SMALL | dict(n_inner=None),
    "an MLP of another width": SMALL | dict(n_inner=50),
    "untied": SMALL | dict(tie_word_embeddings=False),
    "other names": dict(model_type="gpt2", hidden_size=40, num_attention_heads=5, num_hidden_layers=2, max_position_embeddings=17, vocab_size=31),
    "both names": SMALL | dict(hidden_size=40, num_attention_heads=5, num_hidden_layers=2, max_position_embeddings=17),
    "scores that are not scaled": SMALL | dict(scale_attn_weights=False),
    "scores that fall": SMALL | dict(scale_attn_by_inverse_layer_idx=True),
    "scores that only fall": SMALL | dict(scale_attn_by_inverse_layer_idx=True, scale_attn_weights=False),
    "n_ctx has no part in it": SMALL | dict(n_ctx=77),
    "one head": SMALL | dict(n_head=1),
}


def attention(layer, config):
    return 0, layer.attn.scaling, 0


if __name__ == "__main__":
    described.write(HERE / "golden.json", REAL | AWKWARD, attention)
