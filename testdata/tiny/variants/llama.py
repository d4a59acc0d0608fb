"""LLaMA, Mistral and Mixtral."""

from .variant import Variant, shape

VARIANTS = {
    # Multi-head attention, untied. The padding token is used like any other.
    "plain": Variant(shape(32, 4, 4, 44, 3, 96, pad_token_id=3)),
    # Grouped heads whose sizes do not add up to the hidden size.
    "gqa": Variant(shape(36, 6, 2, 40, 2, 100, head_dim=10)),
    "tied": Variant(shape(24, 4, 2, 48, 3, 112, tie_word_embeddings=True)),
    # Early checkpoints keep the tied matrix twice.
    "tied-stored": Variant(shape(24, 2, 2, 40, 2, 104, tie_word_embeddings=True), stored_head=True),
    # All seven biases of a layer.
    "biases": Variant(shape(24, 4, 2, 44, 2, 96, attention_bias=True, mlp_bias=True, rms_norm_eps=1e-5)),
    "mqa": Variant(shape(40, 5, 1, 28, 2, 80)),
    # Nothing is a multiple of anything.
    "odd": Variant(shape(36, 3, 3, 50, 2, 101), lengths=(17, 31, 7)),
    # A window shorter than the samples.
    "mistral-window": Variant(shape(28, 4, 2, 40, 2, 88, head_dim=12, sliding_window=7), model_type="mistral"),
    "mistral-nowindow": Variant(
        shape(32, 4, 1, 40, 2, 98, sliding_window=None),
        model_type="mistral",
        spelling={"rope_theta": 1e6, "rope_parameters": None},
    ),
    # rope_theta where it has always been, beside the buffers of those days.
    "theta-top-level": Variant(
        shape(24, 2, 2, 32, 2, 72),
        spelling={"rope_theta": 500.0, "rope_scaling": None, "rope_parameters": None, "head_dim": None, "mlp_bias": None},
        buffers=True,
    ),
    "theta-parameters": Variant(shape(24, 2, 1, 36, 2, 80, rope_parameters={"rope_type": "default", "rope_theta": 750.0})),
    "rope-linear": Variant(
        shape(24, 2, 2, 32, 2, 72),
        spelling={"rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 2.5}, "rope_parameters": None},
    ),
    # Samples shorter and longer than the positions known. They grow, because
    # transformers keeps the frequencies of the longest sample that it has seen.
    "rope-dynamic": Variant(
        shape(24, 2, 2, 32, 2, 72, max_position_embeddings=16, rope_parameters={"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}),
        lengths=(11, 24, 47),
    ),
    # Wavelengths on either side of both bounds, and between them.
    "rope-llama3": Variant(
        shape(24, 2, 1, 32, 2, 72, head_dim=16),
        spelling={
            "rope_theta": 10000.0,
            "rope_scaling": {
                "rope_type": "llama3",
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 128,
            },
            "rope_parameters": None,
        },
        lengths=(23, 5, 58),
    ),
    "rope-yarn": Variant(
        shape(24, 2, 1, 32, 2, 72, head_dim=16, rope_parameters={
            "rope_type": "yarn", "rope_theta": 10000.0, "factor": 8.0, "original_max_position_embeddings": 32,
        }),
        lengths=(23, 5, 58),
    ),
    # Yarn with everything that may be set.
    "rope-yarn-mscale": Variant(
        shape(24, 2, 2, 32, 2, 72, head_dim=16),
        spelling={
            "rope_theta": 5000.0,
            "rope_scaling": {
                "type": "yarn",
                "factor": 4.0,
                "original_max_position_embeddings": 64,
                "beta_fast": 16.0,
                "beta_slow": 2.0,
                "mscale": 0.8,
                "mscale_all_dim": 0.5,
                "truncate": False,
            },
            "rope_parameters": None,
        },
        lengths=(23, 5, 58),
    ),
    "sharded": Variant(shape(24, 4, 2, 40, 3, 96), shard=20_000),
    "bf16": Variant(shape(28, 2, 1, 44, 3, 100), dtype="bfloat16"),
    "f16": Variant(shape(32, 4, 4, 40, 2, 120, tie_word_embeddings=True), dtype="float16"),
    "gelu": Variant(shape(24, 4, 2, 40, 2, 80, hidden_act="gelu")),
    "gelu-tanh": Variant(shape(24, 4, 4, 36, 2, 80, hidden_act="gelu_pytorch_tanh", mlp_bias=True)),
    # llama.cpp's layout, in types that its users choose.
    "gguf": Variant(
        shape(32, 4, 2, 64, 2, 128, head_dim=16, rms_norm_eps=1e-5),
        gguf={
            "attn_q.weight": "Q8_0", "attn_k.weight": "Q5_1", "attn_v.weight": "F16", "attn_output.weight": "Q4_0",
            "ffn_gate.weight": "Q4_1", "ffn_up.weight": "Q5_0", "ffn_down.weight": "BF16", "token_embd.weight": "F16",
        },
    ),
    "gguf-tied": Variant(
        shape(32, 4, 4, 64, 2, 128, tie_word_embeddings=True, rms_norm_eps=1e-5, rope_parameters={"rope_type": "default", "rope_theta": 50000.0}),
        gguf={"attn_q.weight": "Q8_0", "attn_k.weight": "Q8_0", "ffn_down.weight": "Q8_0", "token_embd.weight": "Q8_0"},
    ),
    # LLaMA 3's RoPE as llama.cpp keeps it: a divisor of each frequency, in a tensor.
    "gguf-llama3": Variant(
        shape(32, 2, 1, 32, 2, 128, head_dim=16, tie_word_embeddings=True, rms_norm_eps=1e-5, rope_parameters={
            "rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 128,
        }),
        lengths=(23, 5, 58),
        gguf={"attn_q.weight": "Q8_0", "attn_k.weight": "Q8_0", "attn_v.weight": "Q8_0", "ffn_up.weight": "Q4_0"},
    ),
    "mixtral": Variant(
        shape(24, 4, 2, 20, 2, 90, sliding_window=None, num_local_experts=4, num_experts_per_tok=2),
        model_type="mixtral",
        spelling={"rope_theta": 1e6, "rope_parameters": None},
    ),
    # Everything that the other has not; the experts lie in several files.
    "mixtral-window": Variant(
        shape(24, 2, 1, 16, 3, 84, head_dim=14, sliding_window=6, num_local_experts=5, num_experts_per_tok=3, tie_word_embeddings=True, hidden_act="gelu"),
        model_type="mixtral",
        dtype="bfloat16",
        shard=20_000,
    ),
    "gguf-mixtral": Variant(
        shape(32, 2, 1, 32, 2, 128, head_dim=16, num_local_experts=3, num_experts_per_tok=2),
        model_type="mixtral",
        gguf={"attn_q.weight": "Q8_0", "ffn_gate_exps.weight": "Q5_0", "ffn_up_exps.weight": "Q8_0", "ffn_down_exps.weight": "Q4_1"},
    ),
}
