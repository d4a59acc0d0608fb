"""nugget beside torch: wall time and peak memory of whole processes, and their ratios.

    python bench.py MODELS [--case 1] [--case 2] ... [--shape 7b] [--backend go] [--seeds SEEDS.jsonl]

MODELS is the folder that conformance/packages.py filled, and models.py adds to. The cases:

1  `nugget score` on SmolLM2-135M, 32 seeds of about 170 tokens; torch in float32, with
   bfloat16 autocast, and all in bfloat16
2  one layer of the shape, 16 seeds of 256 tokens
3  the sensitivity kernel as a share of the processor's measured multiply-adds
4  growth with seeds, tokens and layers, nugget alone

A ratio is torch's figure by nugget's: more than 1 is nugget's advantage. "seeds alone" takes
from torch's time what it takes to start and to load the model, and nothing from nugget's.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))

import conversations  # noqa: E402
import models  # noqa: E402
import packages  # noqa: E402
import word_problems  # noqa: E402

NUGGET = os.environ.get("NUGGET", "nugget")
MODES = ["float32", "autocast", "bfloat16"]


class Run:
    """A finished process: wall seconds, processor seconds, peak memory in MB."""

    def __init__(self, *command):
        command = list(map(str, command))
        done = subprocess.run([sys.executable, "-I", "-S", HERE / "process.py", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-2000:]}")
        self.__dict__.update(json.loads(done.stdout))
        self.seeds = self.wall


def nugget(model, samples, backend, compute, scratch):
    out = scratch / "score.json"
    run = Run(NUGGET, "score", "--force", "--quiet", "--backend", backend, "--compute", compute, "--model", model, "--seeds", samples, "--out", out)
    run.losses = json.loads(out.read_text())["losses"]
    return run


def torch(model, samples, mode, scratch):
    out = scratch / "torch.json"
    run = Run(sys.executable, HERE / "torch_sensitivity.py", model, samples, mode, out)
    result = json.loads(out.read_text())
    run.losses, run.seeds = result["losses"], result["seconds"]
    return run


def compare(model, samples, args, scratch):
    """Every backend of nugget beside every mode of torch."""
    print(f"{'':22}{'wall':>9}{'CPU':>9}{'peak':>10}")
    theirs = {}
    for mode in args.torch:
        theirs[mode] = run = torch(model, samples, mode, scratch)
        print(f"{'torch ' + mode:22}{run.wall:8.1f}s{run.cpu:8.1f}s{run.peak:7.0f} MB   seeds alone {run.seeds:.1f}s", flush=True)
    for backend in args.backend:
        for compute in args.compute:
            run = nugget(model, samples, backend, compute, scratch)
            name = f"nugget {backend.split(':')[0]} {compute}"
            print(f"{name:22}{run.wall:8.1f}s{run.cpu:8.1f}s{run.peak:7.0f} MB")
            for mode, other in theirs.items():
                off = max(abs(a - b) / abs(b) for a, b in zip(run.losses, other.losses))
                print(
                    f"    against {mode:12} wall {other.wall / run.wall:5.2f}x, seeds alone {other.seeds / run.wall:5.2f}x, "
                    f"CPU {other.cpu / run.cpu:5.2f}x, peak {other.peak / run.peak:5.2f}x less; losses within {off:.0e}",
                    flush=True,
                )


def smollm2(args, scratch):
    _, folder = packages.smollm2(args.models)
    seeds = args.seeds or word_problems.write(scratch / "seeds.jsonl", 32)
    from transformers import AutoTokenizer

    rows = conversations.samples(AutoTokenizer.from_pretrained(folder), seeds)
    tokens = sum(len(r["input_ids"]) for r in rows)
    print(f"SmolLM2-135M, {len(rows)} seeds, {tokens} tokens")
    compare(folder, models.write_samples(scratch / "samples.jsonl", rows), args, scratch)


def layer(args, scratch):
    print(f"one layer of {args.shape}, 16 seeds of 256 tokens")
    compare(models.layers(args.models, args.shape, 1), models.samples(scratch / "samples.jsonl", 16, 256), args, scratch)


def kernel(args, scratch):
    command = ["go", "test", "-run", "^$", "-bench", "ShareOfPeak", "-benchtime", "3x", "./host/engine/fused"]
    done = subprocess.run(command, cwd=HERE.parent.parent, stdout=subprocess.PIPE, text=True)
    print("".join(line + "\n" for line in done.stdout.splitlines() if "peak" in line), end="")
    if done.returncode != 0:
        sys.exit(done.stdout)


def growth(args, scratch):
    for backend in args.backend:
        for what, points in [
            ("seeds", [(n, 128, 2) for n in (8, 16, 32, 64)]),
            ("tokens", [(8, n, 2) for n in (64, 128, 256, 512, 1024)]),
            ("layers", [(8, 128, n) for n in (2, 4, 8)]),
        ]:
            print(f"{args.shape} on {backend.split(':')[0]}, growing {what}")
            for seeds, tokens, count in points:
                model = models.layers(args.models, args.shape, count)
                run = nugget(model, models.samples(scratch / "samples.jsonl", seeds, tokens), backend, "f32", scratch)
                each = 1000 * run.cpu / (seeds * tokens * count)
                print(
                    f"  {seeds:3} seeds of {tokens:4} tokens, {count} layers {run.wall:8.1f}s wall {run.cpu:8.1f}s CPU "
                    f"{each:8.2f} ms CPU a token and layer {run.peak:7.0f} MB",
                    flush=True,
                )


CASES = {"1": smollm2, "2": layer, "3": kernel, "4": growth}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--case", action="append", choices=CASES)
    parser.add_argument("--shape", default="7b", choices=models.SHAPES)
    parser.add_argument("--backend", action="append", help="go, xla:LIBRARY; both where NUGGET_PJRT names the library")
    parser.add_argument("--compute", action="append", choices=["f32", "bf16"])
    parser.add_argument("--torch", action="append", choices=MODES)
    parser.add_argument("--seeds", type=pathlib.Path, default=os.environ.get("NUGGET_GSM_SEEDS"))
    args = parser.parse_args()
    library = os.environ.get("NUGGET_PJRT")
    args.backend = args.backend or ["go"] + ([f"xla:{library}"] if library else [])
    args.compute, args.torch = args.compute or ["f32", "bf16"], args.torch or MODES
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, {time.strftime('%Y-%m-%d %H:%M')}, load {load:.1f}" + (": others are at work, wall times are theirs too" if load > 1 else ""))
    with tempfile.TemporaryDirectory() as scratch:
        for case in sorted(set(args.case or CASES)):
            print(f"\n--- {case}")
            CASES[case](args, pathlib.Path(scratch))


if __name__ == "__main__":
    main()
