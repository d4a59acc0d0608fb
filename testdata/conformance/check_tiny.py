"""Compares `nugget eval` and `nugget score` with torch on tiny random checkpoints.

    python check_tiny.py [VARIANT ...] [--rng-seed 1]

For every variant of testdata/tiny, with other weights and samples than the goldens':
logits within 1e-4 of the largest one, losses within 1e-5 relatively, S per tensor
within 1e-4 in relative L2. The committed goldens are also compared with the torch at
hand, a tenth of that apart. NUGGET is the command, NUGGET_PJRT XLA's library.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import command
import gguf_models
import sensitivity
import torch
from safetensors.torch import load_file

TINY = pathlib.Path(__file__).resolve().parent.parent / "tiny"
sys.path.append(str(TINY))
import make  # noqa: E402

LOGITS, LOSSES, S = 1e-4, 1e-5, 1e-4


def distances(losses, tensors, want, golden):
    """The largest of logits, losses and S; infinite where something is missing or extra."""
    if tensors.keys() != golden.keys() or len(losses) != len(want):
        print(f"     differ in {sorted(tensors.keys() ^ golden.keys())}")
        return [float("inf")] * 3
    logits, s = [0.0], [0.0]
    for name, value in golden.items():
        if tensors[name].shape != value.shape or not torch.isfinite(tensors[name]).all():
            print(f"     {name}: shape {tuple(tensors[name].shape)} for {tuple(value.shape)}, or not finite")
            return [float("inf")] * 3
        if name.startswith("logits."):
            off = tensors[name].double() - value.double()
            logits.append((off.abs().max() / value.abs().max()).item())
        else:
            s.append(sensitivity.distance(name, tensors[name], golden))
    return max(logits), max(abs(a - b) / b for a, b in zip(losses, want)), max(s)


def nugget(folder, backend, scratch):
    """Losses and tensors as in the goldens, by nugget."""
    model = folder / "model.gguf" if (folder / "model.gguf").exists() else folder
    data = folder / "samples.jsonl"
    options = ["--backend", backend, "--model", model]
    result = command.run_json("eval", *options, "--data", data, "--json", "--logits", scratch / "logits.safetensors")
    command.run("score", *options, "--seeds", data, "--out", scratch / "score.json", "--dump", scratch / "s.safetensors")
    score = json.loads((scratch / "score.json").read_text())
    if score["losses"] != result["losses"]:
        print(f"     score's losses {score['losses']} are not eval's {result['losses']}")
        return [], {}
    tensors = {f"logits.{k}": v for k, v in load_file(scratch / "logits.safetensors").items()}
    dump = load_file(scratch / "s.safetensors")
    return result["losses"], tensors | {f"S.{k}": v for k, v in dump.items()}


def as_transformers(tensors, golden, config):
    """S of a GGUF file's tensors under transformers' names, rows in its order."""
    s = {name.removeprefix("S."): value for name, value in tensors.items() if name.startswith("S.")}
    names = [name.removeprefix("S.") for name in golden if name.startswith("S.")]
    s = gguf_models.canonical({name: value.numpy() for name, value in s.items()}, names, config)
    logits = {name: value for name, value in tensors.items() if not name.startswith("S.")}
    return logits | {f"S.{name}": torch.from_numpy(value) for name, value in s.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variant", nargs="*")
    parser.add_argument("--rng-seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    score = command.Score()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        for name in args.variant or make.VARIANTS:
            committed = TINY / name
            stored, tensors = make.goldens(committed)
            wanted = json.loads((committed / "golden.json").read_text())
            far = distances(stored["losses"], tensors, wanted["losses"], load_file(committed / "golden.safetensors"))
            score.expect(f"{name}, committed goldens", far[0] <= LOGITS / 10 and far[1] <= LOSSES / 10 and far[2] <= S / 10)
            folder = scratch / name
            make.make(name, folder, args.rng_seed)
            want, golden = make.goldens(folder)
            for backend in command.backends():
                for out in scratch.glob("*.*"):
                    out.unlink()
                where = f"{name}, {command.label(backend)}"
                try:
                    losses, got = nugget(folder, backend, scratch)
                except RuntimeError as err:
                    score.expect(where, False, str(err))
                    continue
                if make.VARIANTS[name].gguf:
                    got = as_transformers(got, golden, make.configuration(make.VARIANTS[name]))
                far = distances(losses, got, want["losses"], golden)
                score.within(f"{where}, logits", far[0], LOGITS)
                score.within(f"{where}, losses", far[1], LOSSES)
                score.within(f"{where}, S", far[2], S)
    score.close()


if __name__ == "__main__":
    main()
