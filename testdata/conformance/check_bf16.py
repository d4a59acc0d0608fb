"""Compares --compute bf16 with float32 on SmolLM2-135M-Instruct.

    python check_bf16.py MODELS STUDENT [--seeds SEEDS.jsonl] [--count 8]

MODELS is the folder that packages.py filled, STUDENT a small LLaMA. On the first seeds:
losses within 1e-2 relatively and each tensor's summed S within 2 %. Printed, and no more
than sensible: which of the student's layers come from the same teacher's layer, and how
much of the windows of those is the same.
"""

import argparse
import os
import pathlib
import tempfile

import command
import packages
import word_problems
from check_smollm2 import farthest, nugget_numbers

LOSSES, SUMS = 1e-2, 2e-2
LAYERS, WINDOWS = 0.75, 0.75


def transfer(teacher, student, seeds, backend, compute, out):
    return command.run_json(
        "transfer", "--json", "--backend", backend, "--compute", compute, "--teacher", teacher, "--student", student,
        "--seeds", seeds, "--rank", 4, "--out", out,
    )  # fmt: skip


def common(a, b):
    """The share of a window that lies in the other."""
    rows = min(a["row"] + a["rows"], b["row"] + b["rows"]) - max(a["row"], b["row"])
    cols = min(a["col"] + a["cols"], b["col"] + b["cols"]) - max(a["col"], b["col"])
    return max(rows, 0) * max(cols, 0) / (a["rows"] * a["cols"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("student", type=pathlib.Path)
    parser.add_argument("--seeds", type=pathlib.Path, default=os.environ.get("NUGGET_GSM_SEEDS"))
    parser.add_argument("--count", type=int, default=8)
    args = parser.parse_args()
    _, teacher = packages.smollm2(args.models)
    score = command.Score()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        seeds = args.seeds or word_problems.write(scratch / "all.jsonl", args.count)
        few = scratch / "seeds.jsonl"
        few.write_text("".join(open(seeds, encoding="utf-8").readlines()[: args.count]), encoding="utf-8")
        backend = command.backends()[-1]
        want, got = (nugget_numbers(teacher, few, backend, scratch, compute) for compute in ("f32", "bf16"))
        score.within("losses", farthest(got["losses"], want["losses"]), LOSSES)
        score.within("layer scores", farthest(got["layers"], want["layers"]), SUMS)
        score.within("sums of S", farthest(got["sums"], want["sums"]), SUMS)
        score.expect("S is another one", got["sums"] != want["sums"])

        want, got = (transfer(teacher, args.student, few, backend, compute, scratch / compute) for compute in ("f32", "bf16"))
        same = [a == b for a, b in zip(got["layers"], want["layers"])]
        score.expect("layers chosen alike", sum(same) >= LAYERS * len(same), f"{sum(same)} of {len(same)}")
        shares = [common(a["window"], b["window"]) for a, b in zip(got["modules"], want["modules"]) if a["teacher"] == b["teacher"]]
        mean, exact = sum(shares) / len(shares), sum(s == 1 for s in shares)
        score.expect("windows in common", mean >= WINDOWS, f"{mean:.1%}, {exact} of {len(shares)} equal")
    score.close()


if __name__ == "__main__":
    main()
