"""Compares `nugget tokenize --chat` with transformers' apply_chat_template, live.

    NUGGET=bin/nugget python check_chat.py [MODELS]

Each template of formats/chat/testdata renders every conversation there that the
command can be given (turns of role and content), with and without a generation
prompt: the texts and the ids must be equal, and what transformers refuses, nugget
refuses. MODELS is the folder that packages.py fills: its SmolLM2 is compared as it
is, GGUF file and HuggingFace folder.
"""

import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from command import NUGGET, Score
from safetensors.numpy import save_file
from transformers import AutoTokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHAT = ROOT / "formats" / "chat" / "testdata"
sys.path.insert(0, str(CHAT))
from conversations import CONVERSATIONS  # noqa: E402


def cases():
    """(messages, add_generation_prompt) of what the command can be given."""
    for messages, extra in CONVERSATIONS.values():
        plain = all(set(m) == {"role", "content"} and isinstance(m["content"], str) for m in messages)
        if messages and plain and not extra:
            yield from ((messages, prompt) for prompt in (False, True))


def rendered(tokenizer, messages, prompt):
    """Text and ids, or None where transformers fails."""
    try:
        text = tokenizer.apply_chat_template(messages, add_generation_prompt=prompt, tokenize=False)
        ids = tokenizer.apply_chat_template(messages, add_generation_prompt=prompt)["input_ids"]
    except Exception:  # raise_exception, or a template that can't take the conversation
        return None
    return {"text": text, "ids": ids}


def tokenize(model, lines):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as data:
        data.writelines(json.dumps({"messages": m, "add_generation_prompt": p}) + "\n" for m, p in lines)
        data.flush()
        command = [NUGGET, "tokenize", "--model", str(model), "--chat", "--data", data.name]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def compare(score, name, model, tokenizer):
    wanted = [(case, rendered(tokenizer, *case)) for case in cases()]
    good = [(case, want) for case, want in wanted if want is not None]
    done = tokenize(model, [case for case, _ in good])
    if done.returncode != 0:
        score.expect(name, False, done.stderr.decode().strip())
        return
    # Not splitlines: it would also split at U+2028 and its like.
    got = [json.loads(line) for line in done.stdout.decode().split("\n") if line]
    wrong = [(case, want, line) for (case, want), line in zip(good, got) if line != want]
    for case, want, line in wrong[:3]:
        print(f"  {case}\n    nugget       {line}\n    transformers {want}")
    score.expect(f"{name}: texts and ids", len(got) == len(good) and not wrong, f"{len(good) - len(wrong)} of {len(good)}")

    refused = [case for case, want in wanted if want is None]
    # One at a time, because the command ends at the first; a few are enough.
    rendered_all_the_same = [case for case in refused[:3] if tokenize(model, [case]).returncode != 1]
    if refused:
        score.expect(f"{name}: refusals", not rendered_all_the_same, f"{len(refused)} conversations")


def main():
    score = Score()
    with tempfile.TemporaryDirectory() as scratch:
        model = pathlib.Path(scratch) / "model"
        model.mkdir()
        vocabulary = ROOT / "formats" / "tokenizer" / "testdata" / "smollm.json.gz"
        (model / "tokenizer.json").write_bytes(gzip.decompress(vocabulary.read_bytes()))
        (model / "config.json").write_text(json.dumps({"model_type": "llama"}))
        save_file({"none": np.zeros(1, np.float32)}, model / "model.safetensors")
        special = {"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>"}
        (model / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", **special}))
        for template in sorted((CHAT / "templates").glob("*.jinja")):
            (model / "chat_template.jinja").write_bytes(template.read_bytes())
            compare(score, template.stem, model, AutoTokenizer.from_pretrained(model))
    if len(sys.argv) > 1:
        models = pathlib.Path(sys.argv[1])
        compare(score, "smollm2-hf", models / "smollm2-hf", AutoTokenizer.from_pretrained(models / "smollm2-hf"))
        compare(score, "smollm2.gguf", models / "smollm2.gguf", AutoTokenizer.from_pretrained(models, gguf_file="smollm2.gguf"))
    score.close()


if __name__ == "__main__":
    main()
