"""Notes the tokens and labels that transformers (5.24) leads to: golden.json.gz.

    python make.py

The paper's rule: tokenise the whole, tokenise the prompt, ignore the first
len(prompt) tokens. A case is a line of a data file, a small tokenizer of
formats/tokenizer/testdata ("+eos": it also adds EOS), a template ("nugget", or a file
of formats/chat/testdata/templates), a maximum length, and tokens and labels; null,
where no token that another one comes before counts.
"""

import gzip
import json
import os
import pathlib
import random
import sys
import tempfile

os.environ["OMP_NUM_THREADS"] = "1"
from tokenizers import processors  # noqa: E402
from transformers import PreTrainedTokenizerFast  # noqa: E402

HERE = pathlib.Path(__file__).parent
FORMATS = HERE.parents[1]
sys.path.insert(0, str(HERE.parents[2] / "testdata" / "conformance"))
import corpus  # noqa: E402

TOKENIZERS = {
    "llama2": ("<s>", "</s>"), "llama2+eos": ("<s>", "</s>"), "llama2_metaspace": ("<s>", "</s>"), "gemma": ("<bos>", "<eos>"),
    "gpt2": ("<|endoftext|>", "<|endoftext|>"), "smollm": ("<|im_start|>", "<|im_end|>"), "llama3": ("<|begin_of_text|>", "<|end_of_text|>"),
}
TEMPLATES = ["smollm2", "zephyr", "qwen2.5", "llama3", "gemma", "llama2"]


def load(name):
    bos, eos = TOKENIZERS[name]
    with tempfile.NamedTemporaryFile(suffix=".json") as f:
        f.write(gzip.decompress((FORMATS / "tokenizer" / "testdata" / f"{name.split('+')[0]}.json.gz").read_bytes()))
        f.flush()
        t = PreTrainedTokenizerFast(tokenizer_file=f.name, bos_token=bos, eos_token=eos)
    if name.endswith("+eos"):
        t.backend_tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A {eos}", special_tokens=[(bos, t.bos_token_id), (eos, t.eos_token_id)])
    return t


def text(rng, strings):
    """Text whose ends merge with what comes next to them."""
    s = rng.choice(strings)
    return rng.choice(["", " ", "\n", "\n\n", "\t"]) + s + rng.choice(["", "", " ", "\n", ".\n\n"])


def conversation(rng, strings):
    turns = [{"role": "system", "content": text(rng, strings)}] if rng.random() < 0.3 else []
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        turns += [{"role": role, "content": text(rng, strings)} for role in ["user", "assistant"]]
    return turns


def nugget(messages, eos, prompt):
    out = ""
    for m in messages:
        out += f"<|assistant|>\n{m['content'].strip()}{eos}" if m["role"] == "assistant" else f"<|user|>\n{m['content'].strip()}\n\n"
    return out + ("<|assistant|>\n" if prompt else "")


def joined(content):
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def encode(t, line, template, limit):
    """tokens and the prompt's length."""
    def special(s):
        return t(s, max_length=limit, truncation=True).input_ids

    def rendered(messages, **more):
        return t.apply_chat_template(messages, tokenize=True, return_dict=True, **more)["input_ids"][:limit]

    if "input_ids" in line:
        return line["input_ids"][:limit], line["labels"][:limit]
    if "messages" in line:
        m = [{**m, "content": joined(m["content"])} for m in line["messages"]]
        if template == "nugget":
            tokens, prompt = special(nugget(m, t.eos_token, False)), special(nugget(m[:-1], t.eos_token, True))
        else:
            tokens, prompt = rendered(m), rendered(m[:-1], add_generation_prompt=True)
    else:
        completion = line["completion"]
        if not completion.endswith(t.eos_token):
            completion += t.eos_token
        tokens, prompt = special(line["prompt"] + completion), special(line["prompt"])
    n = min(len(prompt), len(tokens))
    return tokens, [-100] * n + tokens[n:]


def main():
    rng = random.Random(7)
    strings = [s for s in corpus.strings(400) if s.strip() and len(s) < 300]
    tokenizers = {name: load(name) for name in TOKENIZERS}
    cases = []
    while len(cases) < 500:
        name = rng.choice(list(tokenizers))
        t = tokenizers[name]
        template = rng.choice(["nugget", "nugget", *TEMPLATES])
        if template != "nugget":
            t.chat_template = (FORMATS / "chat" / "testdata" / "templates" / f"{template}.jinja").read_text()
        kind = rng.random()
        if kind < 0.7:
            line = {"messages": conversation(rng, strings)}
            if rng.random() < 0.2:
                m = rng.choice(line["messages"])
                cut = rng.randrange(len(m["content"]) + 1)
                m["content"] = [{"type": "text", "text": m["content"][:cut]}, {"type": "text", "text": m["content"][cut:]}]
            line |= rng.choice([{}, {"id": 1, "prompt": "an extra key", "labels": None}])
        elif kind < 0.95:
            line = {"prompt": text(rng, strings), "completion": text(rng, strings) + rng.choice(["", "", t.eos_token]), "dataset": "x"}
        else:
            n = rng.randrange(1, 30)
            ids = [rng.randrange(100) for _ in range(n)]
            line = {"input_ids": ids, "labels": [i if rng.random() < 0.5 else -100 for i in ids], "messages": []}
        limit = rng.choice([2048, 2048, 2048, 40, 120, 200])
        try:
            tokens, labels = encode(t, line, template, limit)
        except Exception as e:  # a template refuses a system turn
            print(template, str(e)[:80])
            continue
        case = {"line": json.dumps(line, ensure_ascii=rng.random() < 0.5), "tokenizer": name, "template": template, "limit": limit}
        counts = any(label != -100 for label in labels[1:])
        cases.append({**case, "tokens": tokens if counts else None, "labels": labels if counts else None})
    (HERE / "golden.json.gz").write_bytes(gzip.compress(json.dumps(cases).encode(), mtime=0))
    print(len(cases), sum(c["tokens"] is None for c in cases), "without a token that counts", sum(c["tokens"] is not None and len(c["tokens"]) == c["limit"] for c in cases), "cut")


main()
