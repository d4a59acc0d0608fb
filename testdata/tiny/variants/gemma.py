"""Gemma, Gemma 2 and Gemma 3."""

from .variant import Variant, shape

TIED = {"tie_word_embeddings": True}

VARIANTS = {
    # "gelu" is what the first release's configurations say for GELU by tanh.
    "gemma": Variant(
        shape(28, 4, 1, 44, 2, 96, head_dim=10, **TIED),
        model_type="gemma",
        spelling={"hidden_act": "gelu", "hidden_activation": None, "rope_theta": 10000.0, "rope_parameters": None},
    ),
    "gemma-untied": Variant(
        shape(24, 2, 2, 36, 2, 80, head_dim=16, attention_bias=True, rms_norm_eps=1e-5),
        model_type="gemma",
        dtype="float16",
    ),
    # Both caps where they bend, scores that are not scaled by the head's width, a window
    # in every second layer.
    "gemma2": Variant(
        shape(
            32, 4, 2, 40, 3, 88, head_dim=12, query_pre_attn_scalar=7, sliding_window=6,
            attn_logit_softcapping=2.0, final_logit_softcapping=3.0, **TIED,
        ),
        model_type="gemma2",
        spelling={"layer_types": None, "hidden_act": "relu", "rope_theta": 10000.0, "rope_parameters": None},
    ),
    "gemma2-layer-types": Variant(
        shape(
            24, 3, 1, 32, 3, 76, head_dim=8, query_pre_attn_scalar=8, sliding_window=5, attention_bias=True,
            attn_logit_softcapping=None, final_logit_softcapping=None, hidden_activation="gelu",
            layer_types=["full_attention", "full_attention", "sliding_attention"],
        ),
        model_type="gemma2",
        dtype="bfloat16",
    ),
    # As the configurations were written before transformers 5: a pattern, two bases, one scaling.
    "gemma3": Variant(
        shape(28, 2, 1, 36, 4, 84, head_dim=14, query_pre_attn_scalar=5, sliding_window=6, **TIED),
        model_type="gemma3_text",
        spelling={
            "sliding_window_pattern": 3, "_sliding_window_pattern": None, "layer_types": None,
            "rope_theta": 1e6, "rope_local_base_freq": 500.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0}, "rope_parameters": None,
        },
        lengths=(23, 5, 58),
    ),
    "gemma3-parameters": Variant(
        shape(
            24, 4, 2, 32, 3, 80, head_dim=8, sliding_window=9, attention_bias=True, final_logit_softcapping=4.0, attn_logit_softcapping=1.5,
            layer_types=["full_attention", "sliding_attention", "full_attention"],
            rope_parameters={
                "full_attention": {"rope_type": "yarn", "rope_theta": 5000.0, "factor": 4.0, "original_max_position_embeddings": 32},
                "sliding_attention": {"rope_type": "linear", "rope_theta": 300.0, "factor": 2.0},
            },
        ),
        model_type="gemma3_text",
        dtype="bfloat16",
        lengths=(23, 5, 58),
    ),
    # A model that also sees images: its language model.
    "gemma3-image": Variant(
        {
            "text_config": shape(24, 2, 1, 32, 2, 76, head_dim=10, sliding_window=5, sliding_window_pattern=2, **TIED),
            "vision_config": {
                "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 20, "num_hidden_layers": 1, "image_size": 28, "patch_size": 14,
            },
            "mm_tokens_per_image": 4,
        },
        model_type="gemma3",
    ),
    "gguf-gemma": Variant(
        shape(32, 2, 1, 64, 2, 128, head_dim=32, **TIED),
        model_type="gemma",
        gguf={"attn_q.weight": "Q8_0", "attn_v.weight": "Q5_0", "ffn_up.weight": "Q4_0", "ffn_down.weight": "Q8_0", "token_embd.weight": "F16"},
    ),
    "gguf-gemma2": Variant(
        shape(
            32, 2, 2, 32, 3, 128, head_dim=16, query_pre_attn_scalar=16, sliding_window=7,
            attn_logit_softcapping=2.0, final_logit_softcapping=3.0, **TIED,
        ),
        model_type="gemma2",
        gguf={"attn_q.weight": "Q8_0", "attn_output.weight": "Q5_1", "ffn_gate.weight": "Q4_1", "token_embd.weight": "Q8_0"},
    ),
    "gguf-gemma3": Variant(
        shape(
            32, 2, 1, 32, 3, 128, head_dim=32, query_pre_attn_scalar=32, sliding_window=6,
            layer_types=["sliding_attention", "full_attention", "sliding_attention"],
            rope_parameters={
                "full_attention": {"rope_type": "linear", "rope_theta": 1e6, "factor": 8.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 700.0},
            }, **TIED,
        ),
        model_type="gemma3_text",
        gguf={"attn_q.weight": "Q8_0", "attn_k.weight": "Q5_0", "ffn_down.weight": "Q4_0", "token_embd.weight": "Q8_0"},
    ),
}
