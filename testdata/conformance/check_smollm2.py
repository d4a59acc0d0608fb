"""Compares `nugget score` with torch float32 on SmolLM2-135M-Instruct.

    python check_smollm2.py MODELS [--seeds SEEDS.jsonl]

MODELS is the folder that packages.py filled. On 32 seeds: losses within 1e-4
relatively, the layers in the same order by score, each tensor's summed S within 1e-3;
the GGUF file and the HuggingFace folder within 1e-5 of each other. On XLA where
NUGGET_PJRT names its library, and on pure Go the first 4 seeds (all 32 without XLA).
"""

import argparse
import json
import os
import pathlib
import tempfile

import command
import conversations
import gguf_models
import packages
import sensitivity
import word_problems

LOSSES, SUMS, FORMATS = 1e-4, 1e-3, 1e-5
FEW = 4


def numbers(losses, s):
    sums = {name: value.double().sum().item() for name, value in s.items()}
    return {"losses": losses, "layers": sensitivity.layer_scores(s), "sums": sums}


def torch_numbers(folder, seeds):
    """On the first few samples and on all; S adds up over samples."""
    model, tokenizer = packages.load(folder)
    samples = conversations.samples(tokenizer, seeds)
    few_losses, s = sensitivity.measure(model, samples[:FEW])
    few = numbers(few_losses, s)
    losses, rest = sensitivity.measure(model, samples[FEW:])
    for name in s:
        s[name] += rest[name]
    return few, numbers(few_losses + losses, s)


def nugget_numbers(model, seeds, backend, scratch, compute="f32"):
    out = scratch / "score.json"
    command.run("score", "--backend", backend, "--compute", compute, "--model", model, "--seeds", seeds, "--out", out, "--force")
    score = json.loads(out.read_text())
    layers = [layer["score"] for layer in sorted(score["layers"], key=lambda x: x["index"])]
    return {"losses": score["losses"], "layers": layers, "sums": {t["name"]: t["sum"] for t in score["tensors"]}}


def farthest(got, want):
    """The largest relative distance; infinite if the two aren't of the same things."""
    if len(got) != len(want) or (isinstance(got, dict) and got.keys() != want.keys()):
        return float("inf")
    pairs = [(got[k], want[k]) for k in want] if isinstance(got, dict) else list(zip(got, want))
    return max(abs(a - b) / abs(b) for a, b in pairs)


def order(scores):
    return sorted(range(len(scores)), key=lambda i: -scores[i])


def compare(score, what, got, want):
    score.within(f"{what}, losses", farthest(got["losses"], want["losses"]), LOSSES)
    score.expect(f"{what}, order of the {len(want['layers'])} layers", order(got["layers"]) == order(want["layers"]))
    score.within(f"{what}, layer scores", farthest(got["layers"], want["layers"]), SUMS)
    score.within(f"{what}, sums of S", farthest(got["sums"], want["sums"]), SUMS)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--seeds", type=pathlib.Path, default=os.environ.get("NUGGET_GSM_SEEDS"))
    args = parser.parse_args()
    gguf, hf = packages.smollm2(args.models)
    score = command.Score()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        seeds = args.seeds or word_problems.write(scratch / "seeds.jsonl", 32)
        few_seeds = scratch / "few.jsonl"
        few_seeds.write_text("".join(open(seeds, encoding="utf-8").readlines()[:FEW]), encoding="utf-8")
        few, all_ = torch_numbers(hf, seeds)
        fast = command.backends()[-1]
        folder = nugget_numbers(hf, seeds, fast, scratch)
        file = nugget_numbers(gguf, seeds, fast, scratch)
        compare(score, f"folder, {command.label(fast)}", folder, all_)
        score.within("GGUF and folder, losses", farthest(file["losses"], folder["losses"]), FORMATS)
        score.within("GGUF and folder, layer scores", farthest(file["layers"], folder["layers"]), FORMATS)
        names = {gguf_models.FORMATS["llama"].place(name)[0]: name for name in folder["sums"]}
        sums = {names.get(name, name): value for name, value in file["sums"].items()}
        score.within("GGUF and folder, sums of S", farthest(sums, folder["sums"]), FORMATS)
        if fast != "go":
            compare(score, f"folder, go, {FEW} seeds", nugget_numbers(hf, few_seeds, "go", scratch), few)
    score.close()


if __name__ == "__main__":
    main()
