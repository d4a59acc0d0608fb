"""Writes a transformers LLaMA as llama.cpp's conversion would: its names, its order
of q's and k's rows, its metadata, and a small byte-level BPE tokenizer."""

import gguf
import numpy as np
import torch

NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def name(tensor):
    """llama.cpp's name of a HuggingFace tensor."""
    stem, kind = tensor.rsplit(".", 1)
    if stem in NAMES:
        return f"{NAMES[stem]}.{kind}"
    layer, part = stem.removeprefix("model.layers.").split(".", 1)
    return f"blk.{layer}.{NAMES[part]}.{kind}"


def interleave(w, heads):
    """Halves of each head's rows, turn by turn: llama.cpp rotates neighbours."""
    return w.reshape(heads, 2, -1, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def halve(w, heads):
    """interleave undone."""
    return w.reshape(heads, -1, 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def tokens(vocab):
    """Printable ASCII in GPT-2's letters, merges of frequent pairs, three special tokens."""
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    letters = [chr(c) for c in range(33, 127)] + ["Ġ", "Ċ"]
    merges = [
        "t h", "i n", "e r", "Ġ t", "Ġ a", "h e", "Ġt he", "o n", "r e", "a n", "in g", "Ġ s", "e s", "o r", "a t",
        "n d", "Ġa nd", "Ġ o", "e n", "i s", "o u", "l l", "Ġ w", "Ġ c", "Ġ b", "Ġ f", "e d", "a r", "i t",
    ][: vocab - len(special) - len(letters)]
    return special + letters + [m.replace(" ", "") for m in merges], merges, len(special)


def rope_divisors(rope, dim):
    """What llama.cpp divides each of LLaMA 3's frequencies by."""
    wavelength = 2 * np.pi * rope["rope_theta"] ** (np.arange(0, dim, 2) / dim)
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    smooth = np.clip((rope["original_max_position_embeddings"] / wavelength - low) / (high - low), 0, 1)
    return (1 / ((1 - smooth) / rope["factor"] + smooth)).astype(np.float32)


def apply_rope_divisors(model, path):
    """transformers leaves rope_freqs.weight out when it loads a GGUF file."""
    for tensor in gguf.GGUFReader(path).tensors:
        if tensor.name == "rope_freqs.weight":
            model.model.rotary_emb.inv_freq /= torch.from_numpy(np.array(tensor.data))
    return model


def write(path, config, state, types):
    """state: float32 arrays by HuggingFace name; types: GGUF type by the end of a name."""
    w = gguf.GGUFWriter(str(path), "llama")
    w.add_name("tiny")
    w.add_context_length(config.max_position_embeddings)
    w.add_embedding_length(config.hidden_size)
    w.add_block_count(config.num_hidden_layers)
    w.add_feed_forward_length(config.intermediate_size)
    w.add_head_count(config.num_attention_heads)
    w.add_head_count_kv(config.num_key_value_heads)
    w.add_key_length(config.head_dim)
    w.add_value_length(config.head_dim)
    w.add_rope_dimension_count(config.head_dim)
    w.add_rope_freq_base(config.rope_parameters["rope_theta"])
    w.add_layer_norm_rms_eps(config.rms_norm_eps)
    w.add_vocab_size(config.vocab_size)
    pieces, merges, special = tokens(config.vocab_size)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("smollm")
    w.add_token_list(pieces)
    w.add_token_types([gguf.TokenType.CONTROL] * special + [gguf.TokenType.NORMAL] * (len(pieces) - special))
    w.add_token_merges(merges)
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.add_pad_token_id(2)
    if config.rope_parameters["rope_type"] == "llama3":
        w.add_tensor("rope_freqs.weight", rope_divisors(config.rope_parameters, config.head_dim))
    for tensor, value in state.items():
        if tensor.endswith(("q_proj.weight", "k_proj.weight")):
            value = interleave(value, config.num_attention_heads if "q_proj" in tensor else config.num_key_value_heads)
        kind = gguf.GGMLQuantizationType[next((t for end, t in types.items() if name(tensor).endswith(end)), "F32")]
        value = np.ascontiguousarray(value)
        w.add_tensor(name(tensor), gguf.quants.quantize(value, kind), raw_dtype=kind)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
