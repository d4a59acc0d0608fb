"""Compares transfers within each family with PEFT.

    python check_families.py [MODEL_TYPE ...]

From a larger to a smaller random model of families.py: PEFT finds no unexpected and no
missing key in the adapter, experts' among them; the start is the student's logits to
1e-5, the first step of the optimiser moves them, and merge_and_unload gives what was
trained. `nugget verify` finds the adapter sound.
"""

import json
import pathlib
import sys
import tempfile
import warnings
import zlib

import check_adapter
import command
import random_model
import torch
import transformers
from families import PAIRS


def build(model_type, config, folder):
    rng = torch.Generator().manual_seed(zlib.crc32(f"{model_type}{config['hidden_size']}".encode()))
    model = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.for_model(model_type, **config))
    random_model.fill(model, rng)
    model.save_pretrained(folder)


def check(score, model_type, scratch):
    larger, smaller = PAIRS[model_type]
    teacher, student, seeds, out = (scratch / f"{model_type}-{x}" for x in ("teacher", "student", "seeds.jsonl", "adapter"))
    build(model_type, larger, teacher)
    build(model_type, smaller, student)
    samples = random_model.samples((21, 34, 9), min(larger["vocab_size"], smaller["vocab_size"]), torch.Generator().manual_seed(7))
    seeds.write_text("".join(json.dumps(s) + "\n" for s in samples))
    try:
        command.run("transfer", "--backend", "go", "--teacher", teacher, "--student", student, "--seeds", seeds, "--rank", 4, "--out", out)
        command.run("verify", "--model", student, out)
    except RuntimeError as err:
        score.expect(f"{model_type}, transfer", False, str(err))
        return
    start = check_adapter.logits(check_adapter.load(student))
    model = check_adapter.attach(score, model_type, check_adapter.load(student), out)
    check_adapter.trains_and_merges(score, model_type, model, start)


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    score = command.Score()
    with tempfile.TemporaryDirectory() as scratch:
        for model_type in sys.argv[1:] or PAIRS:
            check(score, model_type, pathlib.Path(scratch))
    score.close()


if __name__ == "__main__":
    main()
