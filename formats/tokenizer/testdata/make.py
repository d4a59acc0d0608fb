"""Trains small tokenizers of every kind, and notes what the `tokenizers` package
makes of 5,000 strings with them. The strings and the training text come from
testdata/conformance/corpus.py.

    python make.py           notes afresh what the committed tokenizers make of them
    python make.py --train   trains the tokenizers anew: not the same to the bit,
                             as the trainers depend on the order of hash tables
                             (tokenizers 0.23.3; writes golden.gz and *.json.gz)

golden.gz is JSON lines: {"strings": [...]}, then for each tokenizer
{"name", "ids": [[...], ...], "plain": n, "decoded": n, "skipped": n}.
ids are with the special tokens, of as many strings as there are lists. The rest
are CRC-32 sums: plain of the JSON of the ids without special tokens, decoded and
skipped of what decoding ids gives with and without them, joined by NULs.
"""

import gzip
import json
import pathlib
import struct
import sys
import zlib

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import corpus  # noqa: E402

TEXT = corpus.prose(6000)
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
BYTES = [f"<0x{b:02X}>" for b in range(256)]


def special(*tokens):
    return [AddedToken(t, special=True, normalized=False) for t in tokens]


def template(before="", after="", *tokens):
    single = f"{before} $A {after}".strip()
    return processors.TemplateProcessing(single=single, pair=f"{single} $B", special_tokens=list(tokens))


def byte_level(pre, normalizer=None, specials=(), **model):
    t = Tokenizer(models.BPE(**model))
    t.normalizer = normalizer or t.normalizer
    t.pre_tokenizer = pre
    t.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    t.train_from_iterator(TEXT, trainers.BpeTrainer(vocab_size=700, initial_alphabet=sorted(alphabet), show_progress=False, special_tokens=list(specials)))
    return t


def retrained(trained, keep, **model):
    """The BPE of a trained tokenizer, with byte tokens put in and other options."""
    old = json.loads(trained.to_str())["model"]
    tokens = keep + BYTES + [w for w in old["vocab"] if w not in keep]
    return models.BPE(vocab={w: i for i, w in enumerate(tokens)}, merges=[tuple(m) for m in old["merges"]], **model)


def gpt2():
    return byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False), specials=special("<|endoftext|>"))


def smollm():
    pre = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return byte_level(pre, specials=special("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>"))


def llama3():
    pre = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t = byte_level(pre)
    data = json.loads(t.to_str())
    # ignore_merges only shows with words that the merges don't lead to.
    extra = ["Ġknowledge", "Ġneural", "é", "ĠÃ©tÃ©", "123", "Ġdon"]
    for word in extra:
        data["model"]["vocab"].setdefault(word, len(data["model"]["vocab"]))
    data["model"]["ignore_merges"] = True
    t = Tokenizer.from_str(json.dumps(data))
    t.add_special_tokens(special("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|eot_id|>"))
    bos = ("<|begin_of_text|>", t.token_to_id("<|begin_of_text|>"))
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template("<|begin_of_text|>", "", bos)])
    return t


def qwen2():
    pre = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN2), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t = byte_level(pre, normalizers.NFC())
    t.add_special_tokens(special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    t.add_tokens([AddedToken(c, normalized=False) for c in ("<tool_call>", "<think>", "</think>")])
    return t


def neox():
    t = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False), normalizers.NFC(), special("<|endoftext|>", "<|padding|>"))
    t.add_tokens([AddedToken(" " * n, normalized=True) for n in range(24, 1, -1)])
    return t


def sentencepiece_bpe():
    """As trained; only what the next three take from it is used."""
    t = Tokenizer(models.BPE(unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    ascii_only = [line for line in TEXT if line.isascii()] + ["é ü ж 中 あ"] * 9
    t.train_from_iterator(ascii_only, trainers.BpeTrainer(vocab_size=500, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False))
    return t


def llama_decoder(*more):
    return decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *more])


def llama2():
    t = Tokenizer(retrained(sentencepiece_bpe(), ["<unk>", "<s>", "</s>"], unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = llama_decoder(decoders.Strip(" ", 1, 0))
    t.add_special_tokens(special("<unk>", "<s>", "</s>"))
    t.post_processor = template("<s>", "", ("<s>", 1))
    return t


def llama2_metaspace():
    t = llama2()
    t.normalizer = None
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    t.post_processor = template("<s>", "</s>", ("<s>", 1), ("</s>", 2))
    return t


def gemma():
    t = Tokenizer(retrained(sentencepiece_bpe(), ["<pad>", "<eos>", "<bos>", "<unk>"], unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Replace(" ", "▁")
    t.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    t.decoder = llama_decoder()
    t.add_special_tokens(special("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"))
    t.add_tokens([AddedToken(x, normalized=False) for x in ("\n\n", "\n\n\n", "<table>")])
    t.post_processor = template("<bos>", "", ("<bos>", 2))
    return t


def charsmap(replacements):
    """A SentencePiece charsmap: a double array in darts-clone's format, and the texts."""
    blob, trie = b"", {}
    for key, value in replacements.items():
        node = trie
        for b in key.encode():
            node = node.setdefault(b, {})
        node[-1] = len(blob)
        blob += value.encode() + b"\0"
    units, used, free = {0: 0}, {0}, 1

    def place(node, at, label):
        nonlocal free
        labels = [b for b in node if b >= 0]
        while free in used:
            free += 1
        offset = free ^ (labels[0] if labels else 0)
        while True:
            slots = [at ^ offset ^ b for b in labels] + ([at ^ offset] if -1 in node else [])
            if offset and all(s not in used for s in slots):
                break
            offset += 1
        used.update(slots)
        units[at] = label | offset << 10 | (1 << 8 if -1 in node else 0)
        if -1 in node:
            units[at ^ offset] = 1 << 31 | node[-1]
        for b in labels:
            place(node[b], at ^ offset ^ b, b)

    place(trie, 0, 0)
    size = (max(units) // 256 + 1) * 256
    array = [units.get(i, 0) for i in range(size)]
    return struct.pack(f"<I{size}I", 4 * size, *array) + blob


def nmt_nfkc():
    """Some of what SentencePiece's nmt_nfkc replaces."""
    import unicodedata

    points = [*range(0xA0, 0x180), *range(0x2000, 0x2070), *range(0x2100, 0x2190), *range(0x2460, 0x2480), *range(0xFB00, 0xFB07), *range(0xFF01, 0xFFA0), 0x3000, 0x338F]
    out = {chr(c): unicodedata.normalize("NFKC", chr(c)) for c in points}
    out = {k: v for k, v in out.items() if k != v}
    for base in "aeiouAEIOU":
        for mark in "\u0300\u0301\u0302\u0308":
            out[base + mark] = unicodedata.normalize("NFC", base + mark)
    out.update({"\t": " ", "\n": " ", "\r": " ", "\x01": "", "\u200b": " ", "\u00ad": "", "か\u3099": "が", "ｶ\uff9e": "ガ"})
    return out


def unigram(normalizer, pre, vocab_size=1400):
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizer
    t.pre_tokenizer = pre
    t.train_from_iterator(TEXT, trainers.UnigramTrainer(vocab_size=vocab_size, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False))
    return t


def t5():
    steps = normalizers.Sequence([normalizers.Precompiled(charsmap(nmt_nfkc())), normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "▁")])
    t = unigram(steps, pre_tokenizers.Metaspace(prepend_scheme="always", split=True))
    t.decoder = decoders.Metaspace(prepend_scheme="always", split=True)
    t.add_special_tokens(["<extra_id_0>"])
    t.post_processor = template("", "</s>", ("</s>", t.token_to_id("</s>")))
    return t


def unigram_bytes():
    """Unigram with byte tokens, as Tekken-free SentencePiece exports have it."""
    steps = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Strip(), normalizers.Lowercase()])
    trained = json.loads(unigram(steps, pre_tokenizers.Metaspace(prepend_scheme="first")).to_str())["model"]
    vocab = [tuple(v) for v in trained["vocab"]]
    vocab += [(b, -20.0) for b in BYTES[:230]]  # not all, so that some characters stay unknown
    t = Tokenizer(models.Unigram(vocab, trained["unk_id"], True))
    t.normalizer = steps
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
    t.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first", split=True)])
    t.add_special_tokens(["<s>", "</s>"])
    return t


def deepseek():
    pre = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\p{N}{1,3}"), "isolated"),
        pre_tokenizers.Split(Regex("[一-龥぀-ゟ゠-ヿ]+"), "isolated"),
        pre_tokenizers.Split(Regex(r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    t = byte_level(pre, normalizers.NFKD())
    t.add_special_tokens(special("<｜begin▁of▁sentence｜>"))
    return t


def flags():
    """Added tokens with every flag, over a lower-casing byte-level normalizer."""
    steps = normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents(), normalizers.ByteLevel()])
    t = byte_level(pre_tokenizers.Split(Regex("Ġ"), "merged_with_next"), steps)
    t.add_special_tokens([
        AddedToken("<mask>", special=True, normalized=False, lstrip=True),
        AddedToken("</s>", special=True, normalized=False, rstrip=True),
        AddedToken("<s>", special=True, normalized=False, lstrip=True, rstrip=True),
        AddedToken("<|im_start|>", special=True, normalized=True),
    ])
    t.add_tokens([
        AddedToken("Token", normalized=True, single_word=True),
        AddedToken("CamelTok", normalized=True),
        AddedToken("ed", normalized=True, single_word=True),
        AddedToken("[MASK]", normalized=False, single_word=True),
        AddedToken("<|im", normalized=False),
        AddedToken("<|im_end|>", normalized=False, rstrip=True),
        AddedToken("  ", normalized=False),
        AddedToken("x", normalized=False, single_word=True, lstrip=True),
    ])
    return t


def clip():
    """BPE with a suffix and an unknown token that isn't fused."""
    t = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.Digits()])
    t.train_from_iterator([x for x in TEXT if x.isascii()], trainers.BpeTrainer(vocab_size=400, end_of_word_suffix="</w>", special_tokens=["<unk>", "<s>", "</s>"], show_progress=False))
    t.decoder = decoders.BPEDecoder("</w>")
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 1))
    return t


def prefixed():
    """BPE with a prefix, fused unknowns, and some byte tokens: the order of both shows."""
    t = Tokenizer(models.BPE(unk_token="<unk>", continuing_subword_prefix="##", fuse_unk=True, byte_fallback=True))
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    t.train_from_iterator([x for x in TEXT if x.isascii()], trainers.BpeTrainer(vocab_size=400, continuing_subword_prefix="##", special_tokens=["<unk>", *BYTES[0x80:0xE0], "<0x23>"], show_progress=False))
    return t


def words():
    t = Tokenizer(models.WordLevel(unk_token="<unk>"))
    t.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Strip(left=True, right=False)])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation("removed"), pre_tokenizers.Split("a", "merged_with_previous", invert=True)])
    t.train_from_iterator(TEXT[:200], trainers.WordLevelTrainer(vocab_size=300, special_tokens=["<unk>"], show_progress=False))
    t.post_processor = processors.BertProcessing(("<unk>", 0), ("<unk>", 0))
    return t


# How many of the strings each is tried on: all 5,000 where it stands for a family.
KINDS = {gpt2: 5000, llama2: 5000, llama2_metaspace: 5000, llama3: 5000, qwen2: 5000, neox: 5000, t5: 5000,
         gemma: 2000, smollm: 2000, unigram_bytes: 2000, deepseek: 2000, flags: 2000, clip: 1200, prefixed: 1200, words: 1200}


def legacy_merges(data):
    """Merges as strings, which files had before tokenizers 0.20."""
    data["model"]["merges"] = [" ".join(m) for m in data["model"]["merges"]]


def write(path, text):
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main():
    strings = corpus.strings(5000)
    lines = [{"strings": strings}]
    for kind, count in KINDS.items():
        path = HERE / f"{kind.__name__}.json.gz"
        if "--train" in sys.argv or not path.exists():
            data = json.loads(kind().to_str())
            if kind in (gpt2, llama2):
                legacy_merges(data)
            write(path, json.dumps(data, ensure_ascii=False))
        t = Tokenizer.from_str(gzip.decompress(path.read_bytes()).decode())
        ids = [t.encode(s).ids for s in strings[:count]]
        lines.append({
            "name": kind.__name__,
            "ids": ids,
            "plain": zlib.crc32(json.dumps([t.encode(s, add_special_tokens=False).ids for s in strings[:count]], separators=(",", ":")).encode()),
            "decoded": zlib.crc32("\0".join(t.decode(i, skip_special_tokens=False) for i in ids).encode()),
            "skipped": zlib.crc32("\0".join(t.decode(i, skip_special_tokens=True) for i in ids).encode()),
        })
    body = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    write(HERE / "golden.gz", body)


if __name__ == "__main__":
    main()
