"""How much of the goldens' tolerance float32 itself needs.

    python precision.py [FOLDER ...]

compares each variant's goldens with the same model in float64: logits by the largest
one's size, losses relatively, S per tensor in relative L2. It exits 1 where float32
needs more than a tenth of what the tests allow (1e-4, 1e-5, 1e-4). The frequencies of
RoPE stay float32's, as transformers has them.
"""

import json
import pathlib
import sys
import types

import torch
from safetensors.torch import load_file
from transformers import masking_utils

import make
import sensitivity

ALLOWED = (1e-5, 1e-6, 1e-5)


class Doubled(types.ModuleType):
    """torch, but what is asked to be computed in float32 is in float64."""

    float = float32 = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)


def distances(folder):
    """The largest of logits, losses and S."""
    model = make.load(folder, torch.float64)
    code = [masking_utils, sys.modules[type(model).__module__]]
    to_float, torch.Tensor.float = torch.Tensor.float, torch.Tensor.double
    for module in code:
        module.torch = Doubled("torch")
    samples = sensitivity.read_samples(folder / "samples.jsonl")
    losses, s = sensitivity.measure(model, samples)
    s = make.names_of(folder, model, s)
    golden = load_file(folder / "golden.safetensors")
    wanted = json.loads((folder / "golden.json").read_text())["losses"]
    logits = [(golden[f"logits.{i}"], sensitivity.logits(model, x)) for i, x in enumerate(samples)]
    torch.Tensor.float = to_float
    for module in code:
        module.torch = torch
    return (
        max(((a - b).abs().max() / b.abs().max()).item() for a, b in logits),
        max(abs(a - b) / b for a, b in zip(wanted, losses)),
        max(sensitivity.distance(k, golden[f"S.{k}"], s) for k in s),
    )


def main():
    torch.set_num_threads(1)
    here = pathlib.Path(__file__).parent
    failed = False
    for folder in [pathlib.Path(a) for a in sys.argv[1:]] or [here / name for name in make.VARIANTS]:
        got = distances(folder)
        bad = any(g > a for g, a in zip(got, ALLOWED))
        print(f"{folder.name:18} logits {got[0]:.1e}  losses {got[1]:.1e}  S {got[2]:.1e}{'  TOO FAR' if bad else ''}")
        failed |= bad
    sys.exit(failed)


if __name__ == "__main__":
    main()
