"""Writes golden.json: what transformers makes of Gemma, Gemma 2 and Gemma 3
configurations (testdata/conformance/described.py says what).

    python make.py            (transformers 5.24, torch 2.15)
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import described  # noqa: E402

GEMMA = dict(model_type="gemma", attention_bias=False, attention_dropout=0.0, bos_token_id=2, eos_token_id=1, head_dim=256, initializer_range=0.02, max_position_embeddings=8192, pad_token_id=0, rms_norm_eps=1e-6, use_cache=True)
GEMMA2 = GEMMA | dict(model_type="gemma2", attn_logit_softcapping=50.0, cache_implementation="hybrid", final_logit_softcapping=30.0, hidden_act="gelu_pytorch_tanh", hidden_activation="gelu_pytorch_tanh", query_pre_attn_scalar=256, rope_theta=10000.0, sliding_window=4096, vocab_size=256000)
GEMMA3 = GEMMA | dict(model_type="gemma3_text", attn_logit_softcapping=None, final_logit_softcapping=None, hidden_activation="gelu_pytorch_tanh", max_position_embeddings=32768, query_pre_attn_scalar=256, rope_local_base_freq=10000, rope_scaling=None, rope_theta=1000000, vocab_size=262144)
SLIDING, FULL = "sliding_attention", "full_attention"

# Configurations of published models, typed in from their config.json.
REAL = {
    "gemma-2b": GEMMA | dict(hidden_act="gelu", hidden_activation=None, hidden_size=2048, intermediate_size=16384, num_attention_heads=8, num_hidden_layers=18, num_key_value_heads=1, rope_scaling=None, rope_theta=10000.0, vocab_size=256000),
    "gemma-7b": GEMMA | dict(hidden_act="gelu_pytorch_tanh", hidden_size=3072, intermediate_size=24576, num_attention_heads=16, num_hidden_layers=28, num_key_value_heads=16, rope_scaling=None, rope_theta=10000.0, vocab_size=256000),
    "gemma-2-2b": GEMMA2 | dict(hidden_size=2304, intermediate_size=9216, num_attention_heads=8, num_hidden_layers=26, num_key_value_heads=4),
    "gemma-2-9b": GEMMA2 | dict(hidden_size=3584, intermediate_size=14336, num_attention_heads=16, num_hidden_layers=42, num_key_value_heads=8, sliding_window_size=4096),
    "gemma-2-27b": GEMMA2 | dict(head_dim=128, hidden_size=4608, intermediate_size=36864, num_attention_heads=32, num_hidden_layers=46, num_key_value_heads=16, query_pre_attn_scalar=144),
    "gemma-3-270m": GEMMA3 | dict(hidden_size=640, intermediate_size=2048, layer_types=([SLIDING] * 5 + [FULL]) * 3, num_attention_heads=4, num_hidden_layers=18, num_key_value_heads=1, sliding_window=512, _sliding_window_pattern=6),
    "gemma-3-1b": GEMMA3 | dict(hidden_size=1152, intermediate_size=6912, num_attention_heads=4, num_hidden_layers=26, num_key_value_heads=1, sliding_window=512, sliding_window_pattern=6),
    "gemma-3-4b, its vision model smaller": dict(
        model_type="gemma3", boi_token_index=255999, eoi_token_index=256000, eos_token_id=[1, 106], image_token_index=262144, initializer_range=0.02, mm_tokens_per_image=256,
        text_config=dict(hidden_size=2560, intermediate_size=10240, model_type="gemma3_text", num_hidden_layers=34, rope_scaling=dict(factor=8.0, rope_type="linear"), sliding_window=1024),
        vision_config=dict(hidden_size=16, image_size=896, intermediate_size=20, model_type="siglip_vision_model", num_attention_heads=2, num_hidden_layers=1, patch_size=14, vision_use_head=False),
    ),
}

# The awkward cases, on a small model.
SMALL = dict(hidden_size=48, intermediate_size=40, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2, head_dim=10, vocab_size=31)
ONE, TWO, THREE = (SMALL | dict(model_type=t) for t in ("gemma", "gemma2", "gemma3_text"))
VISION = dict(hidden_size=16, num_attention_heads=2, intermediate_size=20, num_hidden_layers=1, image_size=28, patch_size=14)
LINEAR, YARN = dict(rope_type="linear", factor=8.0), dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)
AWKWARD = {
    "defaults of Gemma": dict(model_type="gemma"),
    "defaults of Gemma 2": dict(model_type="gemma2"),
    "defaults of Gemma 3": dict(model_type="gemma3_text"),
    "untied": ONE | dict(tie_word_embeddings=False),
    "biases": ONE | dict(attention_bias=True),
    "biases of Gemma 2, untied": TWO | dict(attention_bias=True, tie_word_embeddings=False),
    "biases of Gemma 3, untied": THREE | dict(attention_bias=True, tie_word_embeddings=False),
    "Gemma has no windows": ONE | dict(sliding_window=7, layer_types=None, query_pre_attn_scalar=3),
    "theta of Gemma": ONE | dict(rope_theta=700.0),
    "linear": ONE | dict(rope_scaling=dict(type="linear", factor=3)),
    "scores": TWO | dict(query_pre_attn_scalar=7, attn_logit_softcapping=1.25, final_logit_softcapping=3.5),
    "no caps": TWO | dict(attn_logit_softcapping=None, final_logit_softcapping=None),
    "a cap of the other model": THREE | dict(attn_logit_softcapping=1.25, final_logit_softcapping=3.5),
    "a window": TWO | dict(sliding_window=9),
    "layer_types": TWO | dict(sliding_window=9, layer_types=[FULL, FULL, SLIDING]),
    "layer_types that never slide": TWO | dict(sliding_window=9, layer_types=[FULL] * 3),
    "yarn of Gemma 2": TWO | dict(head_dim=32, rope_parameters=YARN | dict(rope_theta=5000.0)),
    "a pattern": THREE | dict(sliding_window_pattern=2, sliding_window=9),
    "a pattern of one": THREE | dict(sliding_window_pattern=1),
    "a pattern beside layer_types": THREE | dict(sliding_window_pattern=2, layer_types=[FULL, SLIDING, SLIDING]),
    "the other pattern is no pattern": THREE | dict(_sliding_window_pattern=2),
    "two bases": THREE | dict(rope_theta=5000.0, rope_local_base_freq=300.0, sliding_window_pattern=2),
    "the local base by default": THREE | dict(rope_theta=5000.0, sliding_window_pattern=2),
    "scaling is the full layers'": THREE | dict(rope_scaling=LINEAR, sliding_window_pattern=2),
    "parameters a type": THREE | dict(rope_parameters={FULL: LINEAR | dict(rope_theta=5000.0), SLIDING: dict(rope_type="default", rope_theta=300.0)}, sliding_window_pattern=2),
    "parameters without theta": THREE | dict(rope_parameters={FULL: LINEAR, SLIDING: dict(rope_type="linear", factor=2)}, rope_theta=5000.0, rope_local_base_freq=300.0, sliding_window_pattern=2),
    "parameters of one type": THREE | dict(rope_parameters={FULL: LINEAR}, sliding_window_pattern=2),
    "parameters and scaling": THREE | dict(rope_parameters={FULL: dict(rope_type="default", rope_theta=5000.0)}, rope_scaling=LINEAR, sliding_window_pattern=2),
    "parameters of no type": THREE | dict(rope_parameters=LINEAR | dict(rope_theta=5000.0), sliding_window_pattern=2),
    "yarn and linear": THREE | dict(head_dim=32, rope_parameters={FULL: YARN | dict(rope_theta=5000.0), SLIDING: LINEAR | dict(rope_theta=300.0)}, sliding_window_pattern=2),
    "the window has no part in RoPE": THREE | dict(head_dim=32, max_position_embeddings=128, rope_parameters={FULL: dict(rope_type="yarn", factor=4), SLIDING: {}}, sliding_window_pattern=2),
    "attends backwards only": THREE | dict(use_bidirectional_attention=False),
    "images": dict(model_type="gemma3", text_config=SMALL | dict(sliding_window_pattern=2), vision_config=VISION, mm_tokens_per_image=4),
    "images, untied": dict(model_type="gemma3", text_config=SMALL | dict(tie_word_embeddings=False), vision_config=VISION, mm_tokens_per_image=4, tie_word_embeddings=False),
    "images, untied without": dict(model_type="gemma3", text_config=SMALL, vision_config=VISION, mm_tokens_per_image=4, tie_word_embeddings=False),
    "images, untied within": dict(model_type="gemma3", text_config=SMALL | dict(tie_word_embeddings=False), vision_config=VISION, mm_tokens_per_image=4),
}


def attention(layer, config):
    """GemmaModel has no windows, and Gemma3Attention a soft cap that it leaves out."""
    window, scale, softcap = described.attention(layer, config)
    return 0 if config.model_type == "gemma" else window, scale, softcap if config.model_type == "gemma2" else 0


if __name__ == "__main__":
    described.write(HERE / "golden.json", REAL | AWKWARD, attention)
