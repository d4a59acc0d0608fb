"""A small byte-level BPE tokenizer for a GGUF file."""

import gguf


def tokens(vocab):
    """Printable ASCII in GPT-2's letters, merges of frequent pairs, three special tokens."""
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    letters = [chr(c) for c in range(33, 127)] + ["Ġ", "Ċ"]
    merges = [
        "t h", "i n", "e r", "Ġ t", "Ġ a", "h e", "Ġt he", "o n", "r e", "a n", "in g", "Ġ s", "e s", "o r", "a t",
        "n d", "Ġa nd", "Ġ o", "e n", "i s", "o u", "l l", "Ġ w", "Ġ c", "Ġ b", "Ġ f", "e d", "a r", "i t",
    ][: vocab - len(special) - len(letters)]
    return special + letters + [m.replace(" ", "") for m in merges], merges, len(special)


def add(w, vocab):
    pieces, merges, special = tokens(vocab)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("smollm")
    w.add_token_list(pieces)
    w.add_token_types([gguf.TokenType.CONTROL] * special + [gguf.TokenType.NORMAL] * (len(pieces) - special))
    w.add_token_merges(merges)
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.add_pad_token_id(2)
