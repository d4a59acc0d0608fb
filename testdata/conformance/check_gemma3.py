"""Compares `nugget eval` and `nugget score` with torch float32 on Gemma 3 270M.

    python check_gemma3.py MODELS [--seeds SEEDS.jsonl]

MODELS is the folder that packages.py filled: the GGUF file, and the folder that
transformers makes of it. Losses of 32 seeds within 1e-4 relatively; of the first 4 the
layers in the same order by score, and each tensor's summed S within 1e-3. With these 4,
what Gemma gives SmolLM2 (18 layers to 30) loads in PEFT, starts at the student, learns
and merges. On XLA where NUGGET_PJRT names its library.
"""

import argparse
import os
import pathlib
import tempfile

import check_real
import check_smollm2
import command
import conversations
import gguf_models
import packages
import sensitivity
import word_problems

LOSSES = 1e-4
FEW = 4


def to_smollm2(score, models, seeds, backend, out):
    """An adapter of a student of another family, deeper than the teacher."""
    _, folder = packages.smollm2(models)
    teacher, _ = packages.gemma3(models)
    command.run("transfer", "--backend", backend, "--allow-smaller", "--rank", 8, "--teacher", teacher, "--student", folder, "--seeds", seeds, "--out", out)
    student, _ = packages.load(folder)
    start = check_real.logits(student)
    check_real.trains_and_merges(score, "to SmolLM2", check_real.attach(score, "to SmolLM2", student, out), start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--seeds", type=pathlib.Path, default=os.environ.get("NUGGET_GSM_SEEDS"))
    args = parser.parse_args()
    score = command.Score()
    gguf, hf = packages.gemma3(args.models)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        seeds = args.seeds or word_problems.write(scratch / "seeds.jsonl", 32)
        model, tokenizer = packages.load(hf)
        samples = conversations.samples(tokenizer, seeds)
        few = scratch / "few.jsonl"
        few.write_text("".join(open(seeds, encoding="utf-8").readlines()[:FEW]), encoding="utf-8")
        want = check_smollm2.numbers(*sensitivity.measure(model, samples[:FEW]))
        losses = want["losses"] + [sensitivity.value(model, s) for s in samples[FEW:]]
        del model
        fast = command.backends()[-1]
        for path in (hf, gguf):
            got = command.run_json("eval", "--backend", fast, "--model", path, "--data", seeds, "--json")
            score.within(f"{path.name}, losses", check_smollm2.farthest(got["losses"], losses), LOSSES)
            got = check_smollm2.nugget_numbers(path, few, fast, scratch)
            form = gguf_models.FORMATS["gemma3_text"]
            names = {form.place(name)[0]: name for name in want["sums"]} if path == gguf else {}
            got["sums"] = {names.get(name, name): value for name, value in got["sums"].items()}
            check_smollm2.compare(score, f"{path.name}, {FEW} seeds", got, want)
        to_smollm2(score, args.models, few, fast, scratch / "adapter")
    score.close()


if __name__ == "__main__":
    main()
