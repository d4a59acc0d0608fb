"""Compares `nugget train` with PEFT and torch float32, step by step.

    python check_train.py MODELS

From the same start adapter, on the same data in the same order, without dropout: the loss
of every step within 1e-4 relatively, the trained adapter within 1e-3 relative L2. 30 steps
on the tiny models of testdata/train, with other random adapters and data than the goldens
there; 10 on SmolLM2-135M, from MODELS, which packages.py filled, on the fastest backend. What nugget saves in the middle goes on training in PEFT, and what PEFT saves in
nugget, as the other goes on with it. `--init pissa` is PEFT's.
"""

import argparse
import dataclasses
import json
import pathlib
import sys
import tempfile

import command
import conversations
import packages
import torch
import training
import word_problems
from check_adapter import attach
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).resolve().parent
TINY = HERE.parent / "tiny"
sys.path.append(str(HERE.parent / "train"))
import make  # noqa: E402

LOSSES, ADAPTERS = 1e-4, 1e-3
COMPILED = ["llama", "gpt2", "gemma"]  # cases for XLA too, which takes ten seconds to compile one
PREFIX = "base_model.model."
REAL = training.Settings(max_steps=10, batch_size=4, lr=1e-3)
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def factors(model):
    """{key: factor} of a PEFT model, the scaling in B, as nugget saves them."""
    out = {}
    for path, module in model.base_model.model.named_modules():
        for kind, a, b in (("", "lora_A", "lora_B"), ("embedding_", "lora_embedding_A", "lora_embedding_B")):
            if len(getattr(module, a, {})) == 0:
                continue
            a, b = getattr(module, a)["default"], getattr(module, b)["default"]
            weight = ".weight" if not kind else ""
            out[f"{PREFIX}{path}.lora_{kind}A{weight}"] = getattr(a, "weight", a).detach().clone()
            out[f"{PREFIX}{path}.lora_{kind}B{weight}"] = getattr(b, "weight", b).detach() * module.scaling["default"]
    return out


def read(folder):
    return load_file(folder / "adapter_model.safetensors")


def run(model, data, out, settings, backend, *options):
    """The losses of a training."""
    command.run("train", "--quiet", "--backend", backend, "--model", model, "--data", data, "--out", out, *settings.flags(), *options)
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


def compare(score, what, losses, adapter, want_losses, want):
    off = max(abs(a / b - 1) for a, b in zip(losses, want_losses)) if len(losses) == len(want_losses) else float("inf")
    score.within(f"{what}, losses of {len(want_losses)} steps ({want_losses[0]:.3f} to {want_losses[-1]:.3f})", off, LOSSES)
    worst, together = training.distance(adapter, want)
    score.within(f"{what}, trained adapter (its worst tensor {worst:.1e})", together, ADAPTERS)


def write(path, samples):
    path.write_text("".join(json.dumps(s) + "\n" for s in samples))
    return path


def tiny(score, case, backend, scratch, seed):
    variant, lora, change, settings = make.CASES[case]
    model = make.begin(variant, lora, change, seed)
    samples = make.samples(model.config.get_text_config().vocab_size, f"{case} {seed}")
    folder = scratch / f"{case}-{command.label(backend)}"
    folder.mkdir()
    data, what = write(folder / "data.jsonl", samples), f"{case}, {command.label(backend)}"
    make.save(model, folder / "start")
    want = training.train(model, samples, settings)
    got = run(TINY / variant, data, folder / "trained", settings, backend, "--adapter", folder / "start", "--save-every", "15")
    compare(score, what, got, read(folder / "trained"), want, factors(model))
    if backend == "go":
        there(score, what, TINY / variant, samples, data, folder, settings)
        back(score, what, model, TINY / variant, samples, data, folder, settings)


def there(score, what, base, samples, data, folder, settings):
    """A checkpoint goes on in PEFT, as in nugget."""
    settings, checkpoint = dataclasses.replace(settings, max_steps=8), folder / "trained" / "checkpoint-15"
    model = training.trainable(attach(score, f"{what}, checkpoint in PEFT", training.load(base), checkpoint))
    want = training.train(model, samples, settings)
    got = run(base, data, folder / "there", settings, "go", "--adapter", checkpoint)
    compare(score, f"{what}, checkpoint goes on in PEFT", got, read(folder / "there"), want, factors(model))


def back(score, what, model, base, samples, data, folder, settings):
    """What PEFT has trained goes on in nugget, as in PEFT."""
    settings = dataclasses.replace(settings, max_steps=8)
    make.save(model, folder / "theirs")
    want = training.train(model, samples, settings)
    got = run(base, data, folder / "back", settings, "go", "--adapter", folder / "theirs")
    compare(score, f"{what}, PEFT's goes on in nugget", got, read(folder / "back"), want, factors(model))


def pissa(score, scratch, rank=4):
    """Signs of singular vectors are free: products and norms are compared, and losses."""
    settings = training.Settings(max_steps=10)
    torch.manual_seed(0)
    config = LoraConfig(task_type="CAUSAL_LM", r=rank, lora_alpha=rank, target_modules=LINEAR, init_lora_weights="pissa")
    model = training.trainable(get_peft_model(training.load(TINY / "plain"), config))
    samples = make.samples(model.config.vocab_size, "pissa")
    data, out = write(scratch / "pissa.jsonl", samples), scratch / "pissa"
    options = ["--init", "pissa", "--rank", rank]
    modules = {key.removesuffix("A.weight"): value for key, value in factors(model).items() if key.endswith("A.weight")}
    run(TINY / "plain", data, scratch / "start", dataclasses.replace(settings, max_steps=1, lr=0.0), "go", *options)
    got, want = read(scratch / "start"), factors(model)
    off = balance = 0.0
    for key in modules:
        a, b = got[key + "A.weight"][:rank], got[key + "B.weight"][:, :rank]
        a0, b0 = want[key + "A.weight"], want[key + "B.weight"]
        off = max(off, float((b @ a - b0 @ a0).norm() / (b0 @ a0).norm()))
        balance = max(balance, float((a.norm(dim=1) / a0.norm(dim=1) - 1).abs().max()))
    # nugget adapts the unembedding too, which PEFT was not told to.
    score.within("pissa, start", off, ADAPTERS)
    score.within("pissa, norms of the rows of A", balance, ADAPTERS)


def real(score, models, scratch):
    gguf, hf = packages.smollm2(models)
    model, tokenizer = packages.load(hf)
    data = word_problems.write(scratch / "problems.jsonl", 24)
    torch.manual_seed(1)
    model = training.trainable(get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=8, lora_alpha=16, target_modules=LINEAR)))
    make.save(model, scratch / "real-start")
    want = training.train(model, conversations.samples(tokenizer, data), REAL)
    backend = command.backends()[-1]
    got = run(hf, data, scratch / "real", REAL, backend, "--adapter", scratch / "real-start")
    compare(score, f"SmolLM2-135M, {command.label(backend)}", got, read(scratch / "real"), want, factors(model))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--case", nargs="*", help="tiny models; default: all")
    parser.add_argument("--no-real", action="store_true", help="leave SmolLM2 out")
    args = parser.parse_args()
    score = command.Score()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        for case in make.CASES if args.case is None else args.case:
            for backend in command.backends() if case in COMPILED else ["go"]:
                tiny(score, case, backend, scratch, 7)
        pissa(score, scratch)
        torch.set_num_threads(threads)
        if not args.no_real:
            real(score, args.models, scratch)
    score.close()


if __name__ == "__main__":
    main()
