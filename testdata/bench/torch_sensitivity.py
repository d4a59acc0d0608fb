"""What the paper's released code does, by torch alone: a backward pass a seed, abs(W * dL/dW)
added up for every parameter.

    python torch_sensitivity.py MODEL SAMPLES.jsonl float32|autocast|bfloat16 OUT.json

MODEL is a HuggingFace folder; a sample is {"input_ids": [...], "labels": [...]}. autocast has
float32 weights and bfloat16 products, bfloat16 everything in bfloat16. OUT.json gets the seconds
that the seeds took, without what it takes to start and to load, and the losses.
"""

import contextlib
import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM


def measure(model, samples, products):
    s = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    losses = []
    for sample in samples:
        ids, labels = torch.tensor([sample["input_ids"]]), torch.tensor([sample["labels"]])
        model.zero_grad(set_to_none=True)
        with products():
            loss = model(input_ids=ids, labels=labels, use_cache=False).loss
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            for name, p in model.named_parameters():
                if p.grad is not None:
                    s[name] += (p * p.grad).abs_()
    return losses, s


def main():
    folder, samples, mode, out = sys.argv[1:]
    dtype = torch.bfloat16 if mode == "bfloat16" else torch.float32
    products = (lambda: torch.autocast("cpu", torch.bfloat16)) if mode == "autocast" else contextlib.nullcontext
    with open(samples, encoding="utf-8") as lines:
        samples = [json.loads(line) for line in lines if line.strip()]
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).eval()
    began = time.perf_counter()
    losses, s = measure(model, samples, products)
    seconds = time.perf_counter() - began
    with open(out, "w", encoding="utf-8") as f:
        json.dump({"seconds": seconds, "losses": losses, "sum": sum(v.double().sum().item() for v in s.values())}, f)


if __name__ == "__main__":
    main()
