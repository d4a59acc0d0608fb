"""Logits, losses and sensitivity of a transformers model, by torch alone.

    L_j = mean cross-entropy over the tokens of sample j whose label counts
    S   = sum_j abs(W * dL_j/dW), for every parameter, a backward pass a sample

A sample is {"input_ids": [...], "labels": [...]}, labels not shifted, -100 ignored.
"""

import collections
import json

import torch

IGNORED = -100


def read_samples(path):
    """The samples of a JSONL file."""
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def prepare(model):
    """Evaluation mode, and every embedding row with its gradient: torch zeroes padding_idx's."""
    model.eval().requires_grad_(True)
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding):
            module.padding_idx = None
    return model


def logits(model, sample):
    """[T, V], without a gradient."""
    with torch.no_grad():
        return model(input_ids=torch.tensor([sample["input_ids"]]), use_cache=False).logits[0]


def loss(model, sample):
    """L of a sample; written out, so that no release of transformers changes what is meant."""
    scores = model(input_ids=torch.tensor([sample["input_ids"]]), use_cache=False).logits[0]
    targets = torch.tensor(sample["labels"][1:])
    return torch.nn.functional.cross_entropy(scores[:-1], targets, ignore_index=IGNORED)


def value(model, sample):
    """L of a sample as a number, without a gradient."""
    with torch.no_grad():
        return loss(model, sample).item()


def measure(model, samples):
    """The losses, and S by parameter name, in the model's dtype; of a model that also sees
    images, the parameters that text reaches."""
    prepare(model)
    s = {}
    losses = []
    for sample in samples:
        model.zero_grad(set_to_none=True)
        value = loss(model, sample)
        value.backward()
        losses.append(value.item())
        with torch.no_grad():
            for name, p in model.named_parameters():
                if p.grad is not None:
                    s[name] = s.get(name, 0) + (p * p.grad).abs_()
    model.zero_grad(set_to_none=True)
    return losses, s


def layer_scores(s):
    """The sum of S over all tensors of each layer, in float64."""
    scores = collections.defaultdict(float)
    for name, value in s.items():
        if ".layers." in name:
            scores[int(name.split(".layers.")[1].split(".")[0])] += value.sum(dtype=torch.float64).item()
    return [scores[i] for i in range(len(scores))]


def distance(name, got, golden):
    """How far S of a tensor is, in relative L2. That of a bias may be rounding, as k's is where
    nothing rotates and it shifts all scores of a token alike: then relative to a tenth of
    S of the map's weight."""
    want = golden[name].double()
    scale, weight = want.norm(), golden.get(name.removesuffix(".bias") + ".weight", want).double().norm()
    if scale < 1e-6 * weight:
        scale = weight / 10
    return ((got.double() - want).norm() / scale).item()
