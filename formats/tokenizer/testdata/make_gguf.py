"""Writes gguf.jsonl.gz: what transformers makes of small GGUF files.

The files' vocabularies are those of the tokenizers that make.py has trained, in
the spelling that llama.cpp's converter gives them. Each line is {"name", "meta",
"special", "ids": [[...], ...]}: the metadata's tokenizer keys, special_tokens_map, and
the ids, with special tokens, of the first strings of golden.gz, null for a string left
out.

    python make_gguf.py        (gguf 0.19, transformers 5.24, tokenizers 0.23.3)
"""

import gzip
import json
import pathlib
import tempfile

import gguf
from transformers import PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).parent
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
STRINGS = 1500


def trained(name):
    return json.loads(gzip.decompress((HERE / f"{name}.json.gz").read_bytes()))


def tokens(data):
    vocab = dict(data["model"]["vocab"])
    vocab.update({t["content"]: t["id"] for t in data["added_tokens"]})
    return sorted(vocab, key=vocab.get)


def merges(data):
    return [m if isinstance(m, str) else " ".join(m) for m in data["model"]["merges"]]


def byte_level(name, pre, **more):
    data = trained(name)
    special = {t["content"]: CONTROL if t["special"] else USER_DEFINED for t in data["added_tokens"]}
    vocab = tokens(data)
    return {
        "general.architecture": "llama",
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": pre,
        "tokenizer.ggml.tokens": vocab,
        "tokenizer.ggml.token_type": [special.get(t, NORMAL) for t in vocab],
        "tokenizer.ggml.merges": merges(data),
        **more,
    }


def sentencepiece(name, architecture, scores, **more):
    data = trained(name)
    special = {t["content"]: CONTROL if t["special"] else USER_DEFINED for t in data["added_tokens"]}
    vocab = tokens(data)
    if architecture.startswith("gemma"):
        vocab += ["  ", "   ", "    "]  # which stand for runs of ▁
    kind = lambda t: special.get(t) or (BYTE if t.startswith("<0x") else NORMAL)  # noqa: E731
    return {
        "general.architecture": architecture,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": vocab,
        "tokenizer.ggml.scores": scores(vocab),
        "tokenizer.ggml.token_type": [UNKNOWN if t == "<unk>" else USER_DEFINED if t.isspace() else kind(t) for t in vocab],
        **more,
    }


def by_place(vocab):
    """LLaMA's scores: later tokens are worse."""
    return [-float(max(0, i - 258)) for i in range(len(vocab))]


def with_ties(vocab):
    """Scores of which many are equal, so that the order among these shows."""
    return [-float((i * 7) % 23) for i in range(len(vocab))]


FILES = {
    "gpt-2": lambda: byte_level("gpt2", "gpt-2", **{"tokenizer.ggml.bos_token_id": 0, "tokenizer.ggml.eos_token_id": 0}),
    "smollm": lambda: byte_level("smollm", "smollm", **{"tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2, "tokenizer.ggml.unknown_token_id": 0, "tokenizer.ggml.add_bos_token": False}),
    "llama-bpe": lambda: byte_level("llama3", "llama-bpe", **{"tokenizer.ggml.bos_token_id": 705, "tokenizer.ggml.eos_token_id": 708, "tokenizer.ggml.add_bos_token": True, "tokenizer.ggml.add_eos_token": True}),
    "qwen2": lambda: byte_level("qwen2", "qwen2", **{"tokenizer.ggml.eos_token_id": 702, "tokenizer.ggml.padding_token_id": 700, "tokenizer.ggml.add_bos_token": False}),
    "tekken": lambda: byte_level("gpt2", "tekken"),
    "gpt-4o": lambda: byte_level("gpt2", "gpt-4o"),
    "qwen35": lambda: byte_level("qwen2", "qwen35"),
    "llama": lambda: sentencepiece("llama2", "llama", by_place, **{"tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2, "tokenizer.ggml.unknown_token_id": 0}),
    "ties": lambda: sentencepiece("llama2", "llama", with_ties, **{"tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2, "tokenizer.ggml.add_bos_token": False, "tokenizer.ggml.add_eos_token": True}),
    "phi3": lambda: sentencepiece("llama2", "phi3", by_place, **{"tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2}),
    "gemma": lambda: sentencepiece("gemma", "gemma3", with_ties, **{"tokenizer.ggml.bos_token_id": 2, "tokenizer.ggml.eos_token_id": 1, "tokenizer.ggml.unknown_token_id": 3, "tokenizer.ggml.padding_token_id": 0, "tokenizer.ggml.add_bos_token": True, "tokenizer.ggml.add_space_prefix": False}),
    "gemma4": lambda: sentencepiece("gemma", "gemma4", by_place, **{"tokenizer.ggml.model": "gemma4", "tokenizer.ggml.merges": merges(trained("gemma")), "tokenizer.ggml.bos_token_id": 2, "tokenizer.ggml.eos_token_id": 1, "tokenizer.ggml.unknown_token_id": 3, "tokenizer.ggml.add_bos_token": True}),
}


def convert(meta):
    """The tokenizer that transformers makes of a GGUF file with this metadata."""
    with tempfile.TemporaryDirectory() as folder:
        writer = gguf.GGUFWriter(f"{folder}/x.gguf", meta["general.architecture"])
        for key, value in meta.items():
            if key == "general.architecture":
                continue
            if isinstance(value, bool):
                writer.add_bool(key, value)
            elif isinstance(value, int):
                writer.add_uint32(key, value)
            elif isinstance(value, str):
                writer.add_string(key, value)
            else:
                writer.add_array(key, value)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return PreTrainedTokenizerFast.from_pretrained(folder, gguf_file="x.gguf")


def main():
    golden = gzip.decompress((HERE / "golden.gz").read_bytes()).decode()
    strings = json.loads(golden.split("\n", 1)[0])["strings"][:STRINGS]
    lines = []
    for name, make in FILES.items():
        meta = make()
        t = convert(meta)
        if meta["tokenizer.ggml.pre"] == "llama-bpe":
            # LLaMA 3 and llama.cpp take words that are tokens as they are;
            # transformers' conversion forgets it.
            t.backend_tokenizer.model.ignore_merges = True
        ids = [t.backend_tokenizer.encode(s).ids for s in strings]
        size = len(meta["tokenizer.ggml.tokens"])
        # transformers invents an <|endoftext|> where a file has none, with an id
        # that the model has no row for: texts with it are left out (null).
        ids = [row if all(i < size for i in row) else None for row in ids]
        lines.append({"name": name, "meta": meta, "special": t.special_tokens_map, "ids": ids})
    body = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    (HERE / "gguf.jsonl.gz").write_bytes(gzip.compress(body.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
