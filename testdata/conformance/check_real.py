"""A real transfer, and what PEFT makes of it.

    python check_real.py MODELS [--stories FOLDER] [--seeds SEEDS.jsonl]

The teacher is SmolLM2-135M-Instruct of MODELS, the student a trained LLaMA of another
vocabulary (FOLDER), or a random one made here. For both start forms: PEFT finds no
unexpected and no missing key, the start is the student's logits to 1e-5, they move
with the first step of the optimiser, merge_and_unload gives what was trained, and
`nugget convert` turns a trained init into one adapter of the unmodified student.
"""

import argparse
import copy
import json
import os
import pathlib
import tempfile

import command
import packages
import random_model
import torch
import word_problems
from peft import PeftModel
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

START, MERGED = 1e-5, 1e-4


def random_student(folder):
    """A small LLaMA of another vocabulary than the teacher's."""
    model = LlamaForCausalLM(LlamaConfig(
        hidden_size=64, intermediate_size=172, num_hidden_layers=5, num_attention_heads=8, num_key_value_heads=4, vocab_size=512,
        max_position_embeddings=512, tie_word_embeddings=True))
    random_model.fill(model, torch.Generator().manual_seed(7))
    model.save_pretrained(folder)
    return folder


def transfer(models, student, seeds, out, start):
    gguf, _ = packages.smollm2(models)
    options = ["--backend", command.backends()[-1], "--teacher", gguf, "--student", student, "--seeds", seeds]
    command.run("transfer", *options, "--start", start, "--out", out)
    return json.loads((out / "transfer.json").read_text())


def ids(model):
    return torch.randint(model.config.vocab_size, (2, 24), generator=torch.Generator().manual_seed(11))


def logits(model):
    model.eval()
    with torch.no_grad():
        return model(input_ids=ids(model)).logits


def distance(got, want):
    return ((got - want).abs().max() / want.abs().max()).item()


def attach(score, what, model, folder):
    """The model with an adapter that can be trained; every key has to find its place."""
    wrapped = PeftModel.from_pretrained(model, folder, is_trainable=True)
    found = wrapped.load_adapter(folder, "again")
    wrapped.delete_adapter("again")
    wrapped.set_adapter("default")
    score.expect(f"{what}, no unexpected key", not found.unexpected_keys, str(found.unexpected_keys[:3]) if found.unexpected_keys else "")
    score.expect(f"{what}, no missing key", not found.missing_keys, str(found.missing_keys[:3]) if found.missing_keys else "")
    return wrapped


def step(model, steps=1):
    """Trains on random tokens, all adapter weights."""
    model.train()
    tokens = ids(model)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        scores = model(input_ids=tokens).logits
        torch.nn.functional.cross_entropy(scores[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()).backward()
        optimizer.step()


def trains_and_merges(score, what, model, start):
    """From the start the first step moves the logits, and merging keeps where they moved."""
    score.within(f"{what}, starts from the student", distance(logits(model), start), START)
    step(model)
    moved = distance(logits(model), start)
    score.expect(f"{what}, one step moves the logits", moved > 10 * START, f"by {moved:.1e}")
    step(model, 3)
    trained = logits(model)
    merged = copy.deepcopy(model).merge_and_unload()
    score.within(f"{what}, merge_and_unload", distance(logits(merged), trained), MERGED)
    return trained


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--stories", type=pathlib.Path, default=os.environ.get("NUGGET_STORIES"))
    parser.add_argument("--seeds", type=pathlib.Path, default=os.environ.get("NUGGET_GSM_SEEDS"))
    args = parser.parse_args()
    score = command.Score()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        folder = pathlib.Path(args.stories) if args.stories else random_student(scratch / "student")
        seeds = args.seeds or word_problems.write(scratch / "seeds.jsonl", 8)

        def student():
            return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")

        start = logits(student())
        report = transfer(args.models, folder, seeds, scratch / "plain", "plain")
        linear = 7 * student().config.num_hidden_layers
        paths = [m["path"] for m in report["modules"]]
        score.expect("plain, all linear modules and no embeddings", len(paths) == linear and not any("embed" in p or "head" in p for p in paths))
        trains_and_merges(score, "plain", attach(score, "plain", student(), scratch / "plain"), start)

        transfer(args.models, folder, seeds, scratch / "paper", "paper")
        negative = attach(score, "paper, negative", student(), scratch / "paper" / "negative")
        base = negative.merge_and_unload()
        score.expect("paper, negative changes the student", distance(logits(base), start) > 10 * START)
        model = attach(score, "paper, init", base, scratch / "paper" / "init")
        trained = trains_and_merges(score, "paper", model, start)
        model.save_pretrained(scratch / "trained")
        command.run("convert", "--init", scratch / "paper" / "init", "--out", scratch / "folded", scratch / "trained")
        folded = attach(score, "paper, converted", student(), scratch / "folded")
        score.within("paper, convert's fold on the unmodified student", distance(logits(folded), trained), MERGED)
    score.close()


if __name__ == "__main__":
    main()
