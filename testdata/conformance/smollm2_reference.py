"""torch's own numbers for a real checkpoint: losses, layer scores, sums of S.

    python smollm2_reference.py MODEL SEEDS.jsonl OUT.json [OUT.safetensors]

MODEL is a HuggingFace folder or a GGUF file, SEEDS a file of conversations. The
second output has S itself, by the names of the HuggingFace folder.
"""

import json
import pathlib
import sys

import conversations
import packages
import sensitivity
import torch
from safetensors.torch import save_file


def reference(path, seeds):
    """What the JSON file holds, and S."""
    model, tokenizer = packages.load(path)
    samples = conversations.samples(tokenizer, seeds)
    losses, s = sensitivity.measure(model, samples)
    numbers = {
        "losses": losses,
        "layers": sensitivity.layer_scores(s),
        "tensors": {name: value.sum(dtype=torch.float64).item() for name, value in s.items()},
        "tokens": [len(x["input_ids"]) for x in samples],
        "counted": [sum(t != sensitivity.IGNORED for t in x["labels"][1:]) for x in samples],
    }
    return numbers, s


if __name__ == "__main__":
    numbers, s = reference(pathlib.Path(sys.argv[1]), sys.argv[2])
    with open(sys.argv[3], "w", encoding="utf-8") as out:
        json.dump(numbers, out, indent=1)
    if len(sys.argv) > 4:
        save_file(s, sys.argv[4])
