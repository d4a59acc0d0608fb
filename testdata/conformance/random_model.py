"""Random models and samples in which every part shows."""

import math

import torch
from sensitivity import IGNORED


def fill(model, rng):
    """Random weights: each linear map keeps the size of what goes through it, norms are
    not one, biases not zero."""
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=rng, dtype=torch.float64)
        if "norm" in name:
            value = 1 + 0.3 * noise
        elif name.endswith(".bias"):
            value = 0.3 * noise
        elif "embed_tokens" in name:
            # A tied matrix also makes the logits.
            value = noise * (2 / math.sqrt(p.shape[1]) if model.config.tie_word_embeddings else 1)
        else:
            value = noise * (1.4 / math.sqrt(p.shape[1]))
        p.data.copy_(value)


def samples(lengths, vocab, rng, second=None):
    """Samples with repeated tokens, and ignored stretches at the start, in the middle, at
    the end, or nowhere. second is the second token of each, if given."""
    out = []
    for i, length in enumerate(lengths):
        ids = torch.randint(vocab, (length,), generator=rng).tolist()
        ids[1] = second or ids[1]
        for at in range(2, length):
            if torch.rand((), generator=rng) < 0.3:
                ids[at] = ids[int(torch.randint(at, (), generator=rng))]
        labels = list(ids)
        # The first sample counts from its first token on.
        stretches = [(0, length // 3)] if i else []
        if length > 10:
            stretches += [(length // 2, length // 2 + 3), (length - 4, length - 2 + i)]
        for start, end in stretches:
            labels[start:end] = [IGNORED] * len(labels[start:end])
        out.append({"input_ids": ids, "labels": labels})
    return out
