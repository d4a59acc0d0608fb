"""Fine-tunes a transformers model with PEFT's LoRA, in torch float32, as the Trainer does it:
batches padded on the right, the mean cross-entropy over all tokens of a step that count,
clipped gradients, AdamW, a schedule with warm-up. No dropout; the samples come in order.
"""

import dataclasses
import math

import sensitivity
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, get_scheduler

NAMES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


@dataclasses.dataclass
class Settings:
    """Those that `nugget train` takes, by its flags."""

    max_steps: int = 30
    batch_size: int = 4
    gradient_accumulation: int = 1
    lr: float = 3e-3
    schedule: str = "linear"
    warmup: float = 0.1
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0

    def flags(self):
        fields = [f"--{name.replace('_', '-')}={value}" for name, value in dataclasses.asdict(self).items()]
        return ["--in-order", *fields]


def load(folder, adapter=None):
    """A model in float32, with an adapter that learns."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    if adapter is None:
        return model
    return trainable(PeftModel.from_pretrained(model, adapter, is_trainable=True))


def trainable(model):
    """No dropout, and no embedding row without a gradient."""
    model.eval()
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding):
            module.padding_idx = None
    return model


def padded(samples):
    longest = max(len(s["input_ids"]) for s in samples)
    rows = {"input_ids": [], "attention_mask": [], "labels": []}
    for s in samples:
        rest = longest - len(s["input_ids"])
        rows["input_ids"].append(s["input_ids"] + [0] * rest)
        rows["attention_mask"].append([1] * len(s["input_ids"]) + [0] * rest)
        rows["labels"].append(s["labels"] + [sensitivity.IGNORED] * rest)
    return {name: torch.tensor(values) for name, values in rows.items()}


def counted(samples):
    return sum(label != sensitivity.IGNORED for s in samples for label in s["labels"][1:])


def epoch(samples, settings):
    """The steps of an epoch, each a list of batches."""
    batches = [samples[i : i + settings.batch_size] for i in range(0, len(samples), settings.batch_size)]
    n = settings.gradient_accumulation
    return [batches[i : i + n] for i in range(0, len(batches), n)]


def train(model, samples, settings):
    """The loss of each step; the model is trained in place."""
    learning = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=settings.lr, weight_decay=settings.weight_decay)
    warmup = int(settings.warmup) if settings.warmup >= 1 else math.ceil(settings.max_steps * settings.warmup)
    schedule = get_scheduler(NAMES[settings.schedule], optimizer, warmup, settings.max_steps)
    losses = []
    while len(losses) < settings.max_steps:
        for step in epoch(samples, settings)[: settings.max_steps - len(losses)]:
            tokens = sum(counted(batch) for batch in step)
            total = 0.0
            for batch in step:
                rows = padded(batch)
                logits = model(input_ids=rows["input_ids"], attention_mask=rows["attention_mask"], use_cache=False).logits
                loss = torch.nn.functional.cross_entropy(
                    logits[:, :-1].flatten(0, 1), rows["labels"][:, 1:].flatten(), ignore_index=sensitivity.IGNORED, reduction="sum")
                (loss / tokens).backward()
                total += loss.item() / tokens
            if settings.max_grad_norm > 0:
                torch.nn.utils.clip_grad_norm_(learning, settings.max_grad_norm)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(total)
    return losses


def distance(got, want):
    """The largest relative L2 distance of two adapters' tensors, and that of all together."""
    if got.keys() != want.keys():
        return float("inf"), float("inf")
    off = {k: (got[k].double() - want[k].double()).norm() for k in want}
    size = {k: want[k].double().norm() for k in want}
    worst = max(float(off[k] / size[k]) if size[k] > 0 else float(off[k] > 0) for k in want)
    return worst, float(sum(v**2 for v in off.values()) ** 0.5 / sum(v**2 for v in size.values()) ** 0.5)
