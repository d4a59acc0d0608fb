"""Makes the tiny checkpoints beside this file, with samples and torch's goldens.

    python make.py [VARIANT ...] [--out DIR] [--rng-seed 0]

    VARIANT/config.json, *.safetensors   the checkpoint, or model.gguf
    VARIANT/samples.jsonl                {"input_ids", "labels"} a line
    VARIANT/golden.json                  {"losses", "parameters"}
    VARIANT/golden.safetensors           "logits.<i>" [T, V] of each sample, and
                                         "S.<tensor>" = sum over samples of abs(W * dL/dW)

Weights are random, large enough that every part of the model shows in the logits:
norms are not one, biases not zero, no head looks at all positions alike. The goldens
are float32 torch's for the checkpoint as transformers loads it from disk, with the names
and layout of a HuggingFace folder, for GGUF files too. precision.py beside this file says
how far that is from float64.
"""

import argparse
import copy
import json
import pathlib
import shutil
import sys
import zlib

import torch
import transformers
from safetensors.torch import load_file, save_file

from variants import VARIANTS

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "conformance"))
import gguf_models  # noqa: E402
import on_disk  # noqa: E402
import random_model  # noqa: E402
import sensitivity  # noqa: E402


def configuration(variant):
    """The config class's object."""
    rope = {k: v for k, v in variant.spelling.items() if k in ("rope_theta", "rope_scaling") and v is not None}
    # The config class writes into what it is given.
    return transformers.AutoConfig.for_model(variant.model_type, **copy.deepcopy(variant.config | rope))


def save(variant, model, folder):
    """The checkpoint as the variant wants it on disk."""
    if variant.gguf:
        state = {name: value.numpy() for name, value in on_disk.weights(model).items()}
        gguf_models.write(folder / "model.gguf", model.config, state, variant.gguf)
        return
    model.to(getattr(torch, variant.dtype)).save_pretrained(folder, max_shard_size=variant.shard or "5GB")
    (folder / "generation_config.json").unlink(missing_ok=True)
    config = json.loads((folder / "config.json").read_text())
    for key, value in variant.spelling.items():
        config.pop(key, None)
        if value is not None:
            config[key] = value
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    extra = {}
    if variant.buffers:
        dim = model.config.hidden_size // model.config.num_attention_heads
        for i in range(model.config.num_hidden_layers):
            extra[f"model.layers.{i}.self_attn.rotary_emb.inv_freq"] = 500.0 ** (-torch.arange(0, dim, 2) / dim)
    if variant.masks:
        extra |= masks(model, variant.masks)
    if variant.stored_head:
        extra["lm_head.weight"] = model.lm_head.weight.detach().clone()
    if extra or variant.inner:
        tensors = {**load_file(folder / "model.safetensors"), **extra}
        save_file({name.removeprefix(variant.inner): value for name, value in tensors.items()}, folder / "model.safetensors", {"format": "pt"})


def masks(model, attention):
    """The buffers of attention that early transformers saved."""
    layers = next(name for name, module in model.named_modules() if isinstance(module, torch.nn.ModuleList))
    n = model.config.max_position_embeddings
    out = {}
    for i in range(model.config.num_hidden_layers):
        path = f"{layers}.{i}{attention}."
        out[path + "bias"] = torch.tril(torch.ones(n, n, dtype=torch.bool)).view(1, 1, n, n)
        out[path + "masked_bias"] = torch.tensor(-1e9)
        if getattr(model.config, "rope_parameters", None):
            out[path + "rotary_emb.inv_freq"] = torch.ones(4)
    return out


def load(folder, dtype=torch.float32):
    """What transformers makes of a variant's folder. What a GGUF file says is taken from
    the variant: transformers reads the weights of most, but leaves out half of the rest."""
    file = folder / "model.gguf"
    if not file.exists():
        return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **on_disk.PLAIN)
    config = configuration(VARIANTS[folder.name])
    names = on_disk.weights(transformers.AutoModelForCausalLM.from_config(config))
    tensors = {name: torch.from_numpy(value) for name, value in gguf_models.read(file, config, names).items()}
    model = on_disk.build(config, tensors, dtype)
    if gguf_models.FORMATS[config.model_type].by_transformers:
        theirs = transformers.AutoModelForCausalLM.from_pretrained(folder, config=config, dtype=dtype, gguf_file=file.name)
        for (name, mine), other in zip(model.named_parameters(), theirs.parameters(), strict=True):
            assert torch.equal(mine, other), f"{name} of {file} is not what transformers reads"
    return model


def names_of(folder, model, state):
    """A state under the names of a variant's folder."""
    inner = VARIANTS[folder.name].inner
    return {name.removeprefix(inner): value for name, value in on_disk.names_of(model, state).items()}


def goldens(folder):
    """The JSON and the tensors of a variant's goldens."""
    data = sensitivity.read_samples(folder / "samples.jsonl")
    model = load(folder)
    losses, s = sensitivity.measure(model, data)
    tensors = {f"S.{name}": value for name, value in names_of(folder, model, s).items()}
    tensors |= {f"logits.{i}": sensitivity.logits(model, sample) for i, sample in enumerate(data)}
    return {"losses": losses, "parameters": sum(value.numel() for value in s.values())}, tensors


def make(name, folder, seed=0):
    """A variant's checkpoint and samples; the same for the same seed."""
    variant = VARIANTS[name]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rng = torch.Generator().manual_seed(zlib.crc32(name.encode()) + seed)
    model = transformers.AutoModelForCausalLM.from_config(configuration(variant))
    random_model.fill(model, rng)
    save(variant, model, folder)
    data = random_model.samples(variant.lengths, variant.text["vocab_size"], rng, variant.text.get("pad_token_id"))
    lines = [json.dumps(s) for s in data]
    (folder / "samples.jsonl").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variant", nargs="*")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    parser.add_argument("--rng-seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name in args.variant or VARIANTS:
        folder = args.out / name
        make(name, folder, args.rng_seed)
        numbers, tensors = goldens(folder)
        (folder / "golden.json").write_text(json.dumps(numbers) + "\n")
        save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "golden.safetensors")
        top = max(v.abs().max().item() for k, v in tensors.items() if k.startswith("logits"))
        print(f"{name}: {numbers['parameters']} parameters, losses {[round(x, 3) for x in numbers['losses']]}, largest logit {top:.1f}")


if __name__ == "__main__":
    main()
