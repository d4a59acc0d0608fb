"""Random models and samples in which every part shows."""

import math

import torch
from sensitivity import IGNORED
from transformers.pytorch_utils import Conv1D


def fill(model, rng):
    """Random weights: each linear map keeps the size of what goes through it, vectors
    (norms, biases) lie around what a new model has there, which must be neutral."""
    # The head comes before the embedding, which owns what they share.
    owners = {id(p): m for m in reversed(list(model.modules())) for p in m.parameters(recurse=False)}
    for _, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=rng, dtype=torch.float64)
        owner = owners[id(p)]
        if p.dim() == 1 or "Norm" in type(owner).__name__:
            value = p.detach().double() + 0.3 * noise
        elif isinstance(owner, torch.nn.Embedding):
            # A tied matrix also makes the logits, and a scaled one is scaled as if it did.
            small = tied(model) or hasattr(owner, "embed_scale")
            value = noise * (2 / math.sqrt(p.shape[1]) if small else 1)
        else:
            # Linear maps, also of all experts at once, are [..., out, in], Conv1D's [in, out].
            value = noise * (1.4 / math.sqrt(p.shape[0 if isinstance(owner, Conv1D) else -1]))
        p.data.copy_(value)


def tied(model):
    """Whether input and output embeddings are one matrix."""
    head = model.get_output_embeddings()
    return head is not None and head.weight is model.get_input_embeddings().weight


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
