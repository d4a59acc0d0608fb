"""Writes golden.json: what transformers makes of LLaMA and Mistral configurations.

    python make.py            (transformers 5.24, torch 2.15)

Each entry has a config.json, the tensors of the model that transformers builds of it
on the meta device ({layer} stands for every layer's index), its number of
parameters, and RoPE's inverse frequencies and attention factor. Dynamic RoPE also
has the frequencies of two longer sequences, LongRoPE those beyond the original
length.
"""

import json
import re
import sys

import torch
import transformers
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

LLAMA2 = dict(model_type="llama", hidden_act="silu", rms_norm_eps=1e-5, vocab_size=32000, max_position_embeddings=4096, tie_word_embeddings=False)
LLAMA3 = dict(model_type="llama", hidden_act="silu", rms_norm_eps=1e-5, vocab_size=128256, rope_theta=500000.0, attention_bias=False, mlp_bias=False, pretraining_tp=1)
LLAMA31 = dict(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8192, rope_type="llama3")
MISTRAL = dict(model_type="mistral", hidden_act="silu", rms_norm_eps=1e-5, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=8)

# Configurations of published models, typed in from their config.json.
REAL = {
    "Llama-2-7b": LLAMA2 | dict(hidden_size=4096, intermediate_size=11008, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=32, pretraining_tp=1, rope_scaling=None),
    "Llama-2-13b": LLAMA2 | dict(hidden_size=5120, intermediate_size=13824, num_hidden_layers=40, num_attention_heads=40, num_key_value_heads=40, pretraining_tp=2),
    "Llama-2-70b": LLAMA2 | dict(hidden_size=8192, intermediate_size=28672, num_hidden_layers=80, num_attention_heads=64, num_key_value_heads=8),
    "Meta-Llama-3-8B": LLAMA3 | dict(hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=8, max_position_embeddings=8192, rope_scaling=None, tie_word_embeddings=False),
    "Llama-3.1-8B": LLAMA3 | dict(hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=8, max_position_embeddings=131072, rope_scaling=LLAMA31, tie_word_embeddings=False),
    "Llama-3.2-1B": LLAMA3 | dict(head_dim=64, hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, num_attention_heads=32, num_key_value_heads=8, max_position_embeddings=131072, rope_scaling=LLAMA31 | dict(factor=32.0), tie_word_embeddings=True),
    "Mistral-7B-v0.1": MISTRAL | dict(vocab_size=32000, max_position_embeddings=32768, rope_theta=10000.0, sliding_window=4096, tie_word_embeddings=False),
    "Mistral-7B-v0.3": MISTRAL | dict(vocab_size=32768, max_position_embeddings=32768, rope_theta=1000000.0, sliding_window=None, tie_word_embeddings=False),
    "Mistral-Nemo-12B": dict(model_type="mistral", hidden_act="silu", rms_norm_eps=1e-5, head_dim=128, hidden_size=5120, intermediate_size=14336, num_hidden_layers=40, num_attention_heads=32, num_key_value_heads=8, vocab_size=131072, max_position_embeddings=1024000, rope_theta=1000000.0, sliding_window=None, tie_word_embeddings=False),
    "SmolLM2-135M": dict(model_type="llama", attention_bias=False, hidden_act="silu", hidden_size=576, intermediate_size=1536, max_position_embeddings=8192, mlp_bias=False, num_attention_heads=9, num_hidden_layers=30, num_key_value_heads=3, pretraining_tp=1, rms_norm_eps=1e-5, rope_interleaved=False, rope_scaling=None, rope_theta=100000, tie_word_embeddings=True, vocab_size=49152),
    "TinyLlama-1.1B": dict(model_type="llama", attention_bias=False, hidden_act="silu", hidden_size=2048, intermediate_size=5632, max_position_embeddings=2048, num_attention_heads=32, num_hidden_layers=22, num_key_value_heads=4, pretraining_tp=1, rms_norm_eps=1e-5, rope_scaling=None, rope_theta=10000.0, tie_word_embeddings=False, vocab_size=32000),
    "vicuna-7b-v1.5-16k": LLAMA2 | dict(hidden_size=4096, intermediate_size=11008, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=32, rope_scaling=dict(factor=4.0, type="linear")),
    "Yarn-Llama-2-7b-64k": LLAMA2 | dict(hidden_size=4096, intermediate_size=11008, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=32, max_position_embeddings=65536, rope_scaling=dict(factor=16.0, original_max_position_embeddings=4096, type="yarn", finetuned=True)),
}

# The awkward cases, on a small model.
SMALL = dict(hidden_size=48, intermediate_size=40, num_hidden_layers=2, num_attention_heads=6, vocab_size=31)
M, L = SMALL | dict(model_type="mistral"), SMALL | dict(model_type="llama")
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)
LONG = dict(rope_type="longrope", short_factor=[1.0, 1.1, 1.25, 2.0], long_factor=[1.0, 3.0, 9.5, 16.0], original_max_position_embeddings=64)
AWKWARD = {
    "defaults of LLaMA": dict(model_type="llama"),
    "defaults of Mistral": dict(model_type="mistral"),
    "nulls": L | dict(head_dim=None, num_key_value_heads=None, rope_scaling=None, rope_parameters=None),
    "nulls of Mistral": M | dict(head_dim=None, num_key_value_heads=2, sliding_window=None),
    "multi-query": L | dict(num_key_value_heads=1),
    "a head wider than its share": L | dict(head_dim=16, num_key_value_heads=3),
    "a head that is no share": M | dict(head_dim=10, num_key_value_heads=2),
    "attention biases": L | dict(attention_bias=True),
    "MLP biases": L | dict(mlp_bias=True, attention_bias=True),
    "Mistral has no biases": M | dict(num_key_value_heads=2, attention_bias=True, mlp_bias=True),
    "tied": L | dict(tie_word_embeddings=True),
    "theta beside": L | dict(rope_theta=123456.7),
    "theta within": L | dict(rope_parameters=dict(rope_theta=5000, rope_type="default")),
    "theta within wins": L | dict(rope_theta=7.5, rope_parameters=dict(rope_theta=5000, rope_type="default")),
    "rope_scaling wins over rope_parameters": L | dict(rope_theta=700.0, rope_scaling=dict(type="linear", factor=2.5), rope_parameters=dict(rope_theta=5000, rope_type="default")),
    "an empty rope_scaling": L | dict(rope_scaling={}, rope_parameters=dict(rope_theta=5000, rope_type="linear", factor=3)),
    "rope_type wins over type": L | dict(rope_scaling=dict(type="dynamic", rope_type="linear", factor=2)),
    "the whole head is rotated": L | dict(partial_rotary_factor=0.5),
    "linear": L | dict(rope_scaling=dict(rope_type="linear", factor=8)),
    "linear below one": L | dict(rope_scaling=dict(type="linear", factor=0.5)),
    "dynamic": L | dict(max_position_embeddings=64, rope_scaling=dict(rope_type="dynamic", factor=2.0)),
    "dynamic, odd numbers": L | dict(max_position_embeddings=48, head_dim=12, rope_parameters=dict(rope_type="dynamic", factor=3.7, rope_theta=777.0)),
    "llama3": L | dict(head_dim=32, rope_theta=500000.0, rope_scaling=LLAMA31 | dict(original_max_position_embeddings=512)),
    "llama3 in rope_parameters": L | dict(head_dim=64, rope_parameters=LLAMA31 | dict(rope_theta=10000.0, factor=5.5, low_freq_factor=1.5, high_freq_factor=3.0, original_max_position_embeddings=300)),
    "llama3 of the model's length": L | dict(head_dim=32, max_position_embeddings=128, rope_theta=1000.0, rope_scaling=dict(rope_type="llama3", factor=2, low_freq_factor=1, high_freq_factor=4)),
    "yarn": L | dict(head_dim=32, rope_scaling=YARN),
    "yarn of the model's length": L | dict(head_dim=32, max_position_embeddings=256, rope_scaling=dict(type="yarn", factor=4)),
    "yarn with betas": L | dict(head_dim=32, rope_scaling=YARN | dict(beta_fast=16, beta_slow=2.5)),
    "yarn with betas of zero": L | dict(head_dim=32, rope_scaling=YARN | dict(beta_fast=0, beta_slow=0)),
    "yarn with mscale": L | dict(head_dim=32, rope_scaling=YARN | dict(mscale=0.707, mscale_all_dim=0.9)),
    "yarn with half of mscale": L | dict(head_dim=32, rope_scaling=YARN | dict(mscale=0.707)),
    "yarn with attention_factor": L | dict(head_dim=32, rope_scaling=YARN | dict(attention_factor=1.3, mscale=2.0, mscale_all_dim=1.0)),
    "yarn untruncated": L | dict(head_dim=32, rope_scaling=YARN | dict(truncate=False, factor=40)),
    "yarn with factor null": L | dict(head_dim=32, max_position_embeddings=512, rope_scaling=YARN | dict(factor=None)),
    "yarn that shortens": L | dict(head_dim=32, rope_scaling=YARN | dict(factor=0.5)),
    "yarn of a narrow head": L | dict(rope_scaling=YARN | dict(beta_fast=1.0, beta_slow=0.9)),
    "yarn of Mistral": M | dict(num_key_value_heads=2, head_dim=64, sliding_window=16, rope_parameters=YARN | dict(rope_theta=1e6)),
    "longrope": L | dict(max_position_embeddings=256, rope_scaling=LONG),
    "longrope with factor": L | dict(max_position_embeddings=256, rope_scaling=LONG | dict(factor=32)),
    "longrope with attention_factor": L | dict(max_position_embeddings=256, rope_scaling=LONG | dict(attention_factor=1.19)),
    "longrope with the length beside": L | dict(max_position_embeddings=256, original_max_position_embeddings=32, rope_scaling=LONG),
}


def numbers(tensor):
    """The shortest decimals that are these float32 numbers."""
    return [float(str(x)) for x in tensor.to(torch.float32).numpy()]


def entry(name, values):
    config = transformers.AutoConfig.for_model(**json.loads(json.dumps(values)))
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(config)
    layers, tensors = {}, {}
    for key, tensor in model.state_dict().items():
        if key == "lm_head.weight" and config.tie_word_embeddings:
            continue
        template = re.sub(r"\.layers\.\d+\.", ".layers.{layer}.", key)
        assert tensors.setdefault(template, list(tensor.shape)) == list(tensor.shape)
        layers[template] = layers.get(template, 0) + 1
    assert all(n == (config.num_hidden_layers if "{layer}" in t else 1) for t, n in layers.items())

    rotary = type(model.model.rotary_emb)(config)
    out = {
        "name": name, "config": values, "layers": config.num_hidden_layers, "tensors": tensors,
        "parameters": sum(p.numel() for p in model.parameters()),
        "window": getattr(config, "sliding_window", None) or 0,
        "scale": model.model.layers[0].self_attn.scaling,
        "inv_freq": numbers(rotary.inv_freq), "attention_factor": float(rotary.attention_scaling),
    }
    if rotary.rope_type == "dynamic":
        init, longest = ROPE_INIT_FUNCTIONS["dynamic"], config.max_position_embeddings
        out["lengths"] = {str(n): numbers(init(config, seq_len=torch.tensor(n))[0]) for n in (longest + 1, 3 * longest)}
    if rotary.rope_type == "longrope":
        original = config.rope_parameters["original_max_position_embeddings"]
        long, _ = ROPE_INIT_FUNCTIONS["longrope"](config, seq_len=original + 1)
        out["above"], out["long_inv_freq"] = original, numbers(long)
    return out


if __name__ == "__main__":
    entries = [entry(name, values) for name, values in (REAL | AWKWARD).items()]
    with open("golden.json" if len(sys.argv) < 2 else sys.argv[1], "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(e) for e in entries) + "\n]\n")
