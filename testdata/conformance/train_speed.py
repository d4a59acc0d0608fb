"""Times `nugget train` and PEFT with torch float32 on SmolLM2-135M, one after another.

    python train_speed.py MODELS [--steps 5] [--batch-size 8] [--data DATA.jsonl]

MODELS is the folder that packages.py filled, the data conversations; by default made-up
word problems of about 170 tokens, every step with the same ones. What a step takes is the
difference of a run with one step more than --steps and a run with one step: starting,
compiling and saving drop out. A line each for XLA, where NUGGET_PJRT names its library,
for pure Go, and for torch: seconds a step on the clock and of all cores together, the peak
of resident memory, and the last loss. On a machine with other work only the second and the
third mean something.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import command
import packages
import word_problems

HERE = pathlib.Path(__file__).resolve()
RANK = 16


def measured(arguments):
    """Seconds on the clock, seconds of all cores, peak memory in MB, standard output."""
    begun = time.monotonic()
    child = subprocess.Popen([str(a) for a in arguments], stdout=subprocess.PIPE, text=True)
    out = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise RuntimeError(f"{arguments}: status {status}")
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return time.monotonic() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale, out


def nugget(backend, model, start, args, scratch, steps):
    flags = ["--batch-size", args.batch_size, "--max-steps", steps, "--in-order", "--save-every", 1000, "--quiet", "--json", "--force"]
    if args.max_memory:
        flags += ["--max-memory", args.max_memory]
    return measured([command.NUGGET, "train", "--backend", backend, "--model", model, "--adapter", start, "--data", args.data, "--out", scratch / "out", *flags])


def torch_itself(model, start, args, steps):
    return measured([sys.executable, HERE, model, "--torch", steps, "--start", start, "--data", args.data, "--batch-size", args.batch_size])


def report(what, run):
    one, more = run(1), run(args.steps + 1)
    clock, cores = (more[0] - one[0]) / args.steps, (more[1] - one[1]) / args.steps
    loss = json.loads(more[3])["loss"]
    print(f"{what:8} {clock:7.2f} s a step, {cores:7.2f} s of all cores, {more[2]:6.0f} MB, loss {loss:.6f}, load {os.getloadavg()[0]:.1f}", flush=True)


def learn(args):
    """torch's side, in a process of its own."""
    import conversations
    import torch
    import training
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(args.models, dtype=torch.float32, attn_implementation="sdpa")
    model = training.trainable(PeftModel.from_pretrained(model, args.start, is_trainable=True))
    samples = conversations.samples(AutoTokenizer.from_pretrained(args.models), args.data)
    settings = training.Settings(max_steps=args.torch, batch_size=args.batch_size, lr=3e-4, warmup=0.03)
    print(json.dumps({"loss": training.train(model, samples, settings)[-1]}))


def main():
    hf = packages.smollm2(args.models)[1]
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        args.data = args.data or word_problems.write(scratch / "data.jsonl", args.batch_size)
        start = scratch / "start"
        command.run("train", "--quiet", "--model", hf, "--init", "kaiming", "--rank", RANK, "--data", args.data, "--out", start,
                    "--max-steps", 1, "--batch-size", 1, "--lr", 0)
        fastest, *others = reversed(command.backends())
        report(command.label(fastest), lambda steps: nugget(fastest, hf, start, args, scratch, steps))
        report("torch", lambda steps: torch_itself(hf, start, args, steps))
        for backend in others:
            report(command.label(backend), lambda steps: nugget(backend, hf, start, args, scratch, steps))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--max-memory", help="nugget's")
    parser.add_argument("--torch", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--start", type=pathlib.Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    learn(args) if args.torch else main()
