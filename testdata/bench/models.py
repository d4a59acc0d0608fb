"""What is measured on: a real model's seeds as token ids, and models of LLaMA 7B's shape."""

import json
import random
import shutil

import torch
from transformers import LlamaConfig, LlamaForCausalLM

# hidden, intermediate, heads of a layer; a small vocabulary, so that the layers are all that counts.
SHAPES = {"7b": (4096, 11008, 32), "1b": (2048, 5504, 16), "tiny": (256, 688, 4)}
VOCABULARY = 512


def layers(folder, shape, count):
    """A HuggingFace folder with so many layers of a shape, bfloat16, random weights."""
    path = folder / f"{shape}-{count}-layers"
    if path.exists():
        return path
    hidden, intermediate, heads = SHAPES[shape]
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=hidden, intermediate_size=intermediate, num_hidden_layers=count,
        num_attention_heads=heads, num_key_value_heads=heads, max_position_embeddings=2048, tie_word_embeddings=False,
    )
    torch.manual_seed(0)
    made = path.with_name(path.name + ".new")
    shutil.rmtree(made, ignore_errors=True)
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    LlamaForCausalLM(config).save_pretrained(made)
    torch.set_default_dtype(dtype)
    made.rename(path)
    return path


def samples(path, count, tokens):
    """Random ids, all but the first half of which count."""
    rng = random.Random(count * 10000 + tokens)
    with open(path, "w", encoding="utf-8") as out:
        for _ in range(count):
            ids = [rng.randrange(VOCABULARY) for _ in range(tokens)]
            labels = [-100] * (tokens // 2) + ids[tokens // 2 :]
            out.write(json.dumps({"input_ids": ids, "labels": labels}) + "\n")
    return path


def write_samples(path, rows):
    with open(path, "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row) + "\n")
    return path
