"""Notes what transformers (5.24) makes of the files beside a tokenizer.json.

    python make_tokenizers.py       writes tokenizers.json.gz and templates.json

A case of tokenizers.json.gz is a small tokenizer of formats/tokenizer/testdata, the files beside it, and
what came of them: bos_token, eos_token, the ids of TEXTS with special tokens, and, where the
tokenizer's class has no tokens of its own, special_tokens_map, which chat templates see;
or "error", where transformers refuses them. A case of templates.json is the files
and the chat template that apply_chat_template takes, or "error".
"""

import gzip
import json
import os
import pathlib
import random
import tempfile

os.environ["OMP_NUM_THREADS"] = "1"
import transformers  # noqa: E402
from transformers import AutoTokenizer, PreTrainedTokenizerFast  # noqa: E402

HERE = pathlib.Path(__file__).parent
SMALL = HERE.parents[1] / "tokenizer" / "testdata"
TEXTS = ["hi", "hi </s> x<s>", "a<|endoftext|> b", "x <|new|> y<|other|>z", "[PAD] the end<END>", " <image> ▁the", "the other"]
FLAGS = ["single_word", "lstrip", "rstrip", "normalized", "special"]
CONTENTS = ["<s>", "</s>", "<unk>", "<|endoftext|>", "<|new|>", "<|other|>", "[PAD]", "<END>", "<image>", "the", "hi"]
transformers.logging.set_verbosity_error()


def token(rng, legacy=False):
    """A token as the files spell one."""
    content = rng.choice(CONTENTS)
    if rng.random() < 0.6:
        return content
    flags = {f: rng.random() < 0.3 for f in FLAGS[:4]}
    return {"content": content, **flags} if legacy else {"__type": "AddedToken", "content": content, **flags}


def special_tokens(rng, legacy=False):
    out = {}
    for role in ["bos_token", "eos_token", "unk_token", "pad_token", "image_token", "sep_token"]:
        p = rng.random()
        if p < 0.45:
            out[role] = token(rng, legacy)
        elif p < 0.55:
            out[role] = None
    if rng.random() < 0.3:
        key = "additional_special_tokens" if rng.random() < 0.5 else "extra_special_tokens"
        out[key] = [token(rng, legacy) for _ in range(rng.randrange(3))]
    elif rng.random() < 0.1:
        out["extra_special_tokens"] = {"mask_1": rng.choice(CONTENTS)}
    items = list(out.items())
    rng.shuffle(items)
    return dict(items)


def files(rng):
    out = {"config.json": {"model_type": "llama"}}
    if rng.random() < 0.85:
        # These count only where the class may have tokens of its own: see defaults.
        out["config.json"].update(bos_token_id=1, eos_token_id=[2, 1])
        config = {"tokenizer_class": rng.choice(["PreTrainedTokenizerFast", "TokenizersBackend"]), **special_tokens(rng)}
        if rng.random() < 0.3:
            config["add_bos_token"] = rng.random() < 0.5
            config["add_eos_token"] = rng.random() < 0.5
        if rng.random() < 0.3:
            ids = rng.sample(range(0, 1000), rng.randrange(3)) + rng.sample([0, 1, 2], 1)
            contents = rng.sample(CONTENTS, len(ids))
            config["added_tokens_decoder"] = {str(i): {"content": c, **{f: rng.random() < 0.3 for f in FLAGS}} for i, c in zip(ids, contents)}
        out["tokenizer_config.json"] = config
        if rng.random() < 0.5:
            out["special_tokens_map.json"] = special_tokens(rng, legacy=True)
    return out


def defaults():
    """Roles that no file mentions: the classes' own tokens, from AutoTokenizer."""
    yield "gpt2", {"config.json": {"model_type": "gpt2", "bos_token_id": 0, "eos_token_id": 0}}
    yield "gpt2", {"config.json": {"model_type": "gpt2", "bos_token_id": 0, "eos_token_id": 0}, "tokenizer_config.json": {"model_max_length": 1024}}
    yield "neox", {"config.json": {"model_type": "gpt_neox", "bos_token_id": 0, "eos_token_id": 0}}
    yield "gemma", {"config.json": {"model_type": "gemma", "bos_token_id": 2, "eos_token_id": [1, 106]}}
    yield "gpt2", {"config.json": {"model_type": "gpt2", "bos_token_id": 0, "eos_token_id": 0}, "tokenizer_config.json": {"bos_token": None}}


def case(name, beside, cls):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "tokenizer.json").write_bytes(gzip.decompress((SMALL / f"{name}.json.gz").read_bytes()))
        for file, content in beside.items():
            (folder / file).write_text(json.dumps(content))
        out = {"tokenizer": name, "files": beside}
        try:
            t = cls.from_pretrained(folder)
        except Exception as e:  # whatever it refuses them with
            return {**out, "error": str(e)}
        ids = [t(text).input_ids for text in TEXTS]
        special = {"special": t.special_tokens_map} if cls is PreTrainedTokenizerFast else {}
        return {**out, "bos": t.bos_token or "", "eos": t.eos_token or "", "ids": ids, **special}


def template_cases():
    a, b, c = "A\n{{ messages }}\n", "B", "C\r\nC\rC\n"
    named = [{"name": "tool_use", "template": b}, {"name": "default", "template": a}]
    config, default, more = "tokenizer_config.json", "chat_template.jinja", "additional_chat_templates/"
    yield {}
    yield {config: {"chat_template": None}}
    yield {config: {"chat_template": a}}
    yield {config: {"chat_template": c}}
    yield {config: {"chat_template": named}}
    yield {config: {"chat_template": named[:1]}}
    yield {config: {"chat_template": named + [{"name": "default", "template": c}]}}
    yield {config: {"chat_template": []}}
    yield {default: c}
    yield {default: b, config: {"chat_template": a}}
    yield {default: b, config: {"chat_template": named}}
    yield {default: b, more + "tool_use.jinja": c}
    yield {more + "tool_use.jinja": c}
    yield {more + "tool_use.jinja": c, config: {"chat_template": a}}
    yield {more + "default.jinja": c, config: {"chat_template": a}}
    yield {more + "default.jinja": c, more + "rag.jinja": a, default: b}
    yield {more + "default.txt": c, config: {"chat_template": a}}
    yield {"chat_template.json": {"chat_template": b}, config: {"chat_template": a}}
    yield {"chat_template.json": {"chat_template": b}}


def template_case(beside):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "tokenizer.json").write_bytes(gzip.decompress((SMALL / "llama2.json.gz").read_bytes()))
        for file, content in beside.items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes((content if isinstance(content, str) else json.dumps(content)).encode())
        try:
            return {"files": beside, "template": PreTrainedTokenizerFast.from_pretrained(folder).get_chat_template()}
        except Exception as e:  # whatever it refuses them with
            return {"files": beside, "error": str(e).splitlines()[0]}


def main():
    rng = random.Random(20231)
    cases = [case(rng.choice(["llama2", "gpt2", "smollm", "llama3"]), files(rng), PreTrainedTokenizerFast) for _ in range(400)]
    cases += [case(name, beside, AutoTokenizer) for name, beside in defaults()]
    data = json.dumps({"texts": TEXTS, "cases": cases}, ensure_ascii=False, indent=0).encode()
    (HERE / "tokenizers.json.gz").write_bytes(gzip.compress(data, mtime=0))
    (HERE / "templates.json").write_text(json.dumps([template_case(c) for c in template_cases()], indent=1) + "\n")
    print(len(cases), "cases,", sum("error" in c for c in cases), "errors", {c["error"] for c in cases if "error" in c})


main()
