"""Writes rope.json: the RoPE of families whose habits LLaMA does not show.

    python rope.py            (transformers 5.24, torch 2.15)

Each entry has a config.json, the class's own values that a plugin would pass on
("defaults"), and the inverse frequencies and attention factor that the rotary
module of transformers has. plugins/nugget-arch-llama/testdata/make.py covers the
types of RoPE themselves.
"""

import json

import torch
import transformers

SMALL = dict(hidden_size=192, intermediate_size=64, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=3, vocab_size=31)
PHI, PHI3 = SMALL | dict(model_type="phi"), SMALL | dict(model_type="phi3", pad_token_id=0)
NEOX, STABLELM = SMALL | dict(model_type="gpt_neox"), SMALL | dict(model_type="stablelm")
GEMMA = SMALL | dict(model_type="gemma3_text", head_dim=32, layer_types=["sliding_attention", "full_attention"])
SHORT, LONG = [1.0 + i / 16 for i in range(24)], [1.0 + i * i / 8 for i in range(24)]

CASES = {
    "partial by the class": (PHI, dict(partial=0.5, max=2048)),
    "partial beside": (PHI | dict(partial_rotary_factor=0.25, rope_theta=500.0), dict(partial=0.5, max=2048)),
    "partial within": (PHI | dict(partial_rotary_factor=0.25, rope_parameters=dict(rope_type="default", rope_theta=700.0, partial_rotary_factor=0.75)), dict(partial=0.5, max=2048)),
    "partial that is cut off": (PHI | dict(partial_rotary_factor=0.35), dict(partial=0.5, max=2048)),
    "partial and linear": (PHI | dict(rope_scaling=dict(type="linear", factor=3.0)), dict(partial=0.5, max=2048)),
    "partial and yarn": (PHI | dict(partial_rotary_factor=0.75, rope_scaling=dict(rope_type="yarn", factor=3.0, original_max_position_embeddings=512)), dict(partial=0.5, max=2048)),
    "longrope of Phi-3": (PHI3 | dict(max_position_embeddings=8192, original_max_position_embeddings=512, partial_rotary_factor=0.75, rope_scaling=dict(type="longrope", short_factor=SHORT, long_factor=LONG)), dict(max=8192)),
    "longrope of Phi-3 under an old name": (PHI3 | dict(max_position_embeddings=8192, partial_rotary_factor=0.75, rope_scaling=dict(type="su", short_factor=SHORT, long_factor=LONG, original_max_position_embeddings=99)), dict(max=8192, original=4096, only_long_rope=True)),
    "longrope of Phi-3, the length within": (PHI3 | dict(max_position_embeddings=8192, rope_parameters=dict(rope_type="yarn", short_factor=SHORT + SHORT[:8], long_factor=LONG + LONG[:8], original_max_position_embeddings=77)), dict(max=8192, original=4096, only_long_rope=True)),
    "an odd part of Phi-3": (PHI3 | dict(partial_rotary_factor=0.4), dict(max=4096, original=4096, only_long_rope=True, round_up=True)),
    "GPT-NeoX by default": (NEOX, dict(max=2048, partial=0.25, round_up=True, theta_key="rotary_emb_base", partial_key="rotary_pct")),
    "GPT-NeoX beside": (NEOX | dict(rotary_pct=0.5, rotary_emb_base=500, partial_rotary_factor=0.75, rope_theta=7.0), dict(max=2048, partial=0.25, round_up=True, theta_key="rotary_emb_base", partial_key="rotary_pct")),
    "GPT-NeoX within": (NEOX | dict(rotary_pct=0.5, rotary_emb_base=500, rope_parameters=dict(rope_theta=700.0, partial_rotary_factor=0.75)), dict(max=2048, partial=0.25, round_up=True, theta_key="rotary_emb_base", partial_key="rotary_pct")),
    "an odd part of GPT-NeoX": (NEOX | dict(rotary_pct=0.3, rope_scaling=dict(type="linear", factor=2)), dict(max=2048, partial=0.25, round_up=True, theta_key="rotary_emb_base", partial_key="rotary_pct")),
    "one entry of GPT-NeoX": (NEOX | dict(rotary_pct=0.02), dict(max=2048, partial=0.25, round_up=True, theta_key="rotary_emb_base", partial_key="rotary_pct")),
    "an odd part and llama3": (NEOX | dict(rotary_pct=0.8, rope_scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=256)), dict(max=2048, partial=0.25, round_up=True, theta_key="rotary_emb_base", partial_key="rotary_pct")),
    "StableLM by default": (STABLELM, dict(max=4096, partial=0.25)),
    "theta by the class": (SMALL | dict(model_type="cohere"), dict(theta=500000.0, max=8192)),
    "full attention of two types": (GEMMA | dict(rope_parameters=dict(full_attention=dict(rope_type="linear", factor=8.0, rope_theta=1e6), sliding_attention=dict(rope_type="default", rope_theta=1e4))), dict(layer="full_attention", max=131072)),
    "sliding attention of two types": (GEMMA | dict(rope_parameters=dict(full_attention=dict(rope_type="linear", factor=8.0, rope_theta=1e6), sliding_attention=dict(rope_type="default", rope_theta=1e4))), dict(layer="sliding_attention", max=131072)),
}


def numbers(tensor):
    """The shortest decimals that are these float32 numbers."""
    return [float(str(x)) for x in tensor.to(torch.float32).numpy()]


def entry(name, values, defaults):
    config = transformers.AutoConfig.for_model(**json.loads(json.dumps(values)))
    with torch.device("meta"):
        module = transformers.AutoModelForCausalLM.from_config(config).get_decoder().rotary_emb
    rotary = type(module)(config)
    prefix = defaults["layer"] + "_" if "layer" in defaults else ""
    return {
        "name": name, "config": values, "defaults": defaults,
        "head_dim": getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads,
        "inv_freq": numbers(getattr(rotary, prefix + "inv_freq")),
        "attention_factor": float(getattr(rotary, prefix + "attention_scaling")),
    }


if __name__ == "__main__":
    with open("rope.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(entry(name, *case)) for name, case in CASES.items()) + "\n]\n")
