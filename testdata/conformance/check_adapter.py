"""Compares adapters that nugget writes and reads with PEFT.

    python check_adapter.py

Written: transfers between tiny models, embeddings and grouped heads among them, in both
start forms. PEFT finds no unexpected and no missing key; the start is the student's
logits to 1e-5, and the first step of the optimiser moves them; merge_and_unload gives what
was trained; the paper's negative merged and init are the student; `nugget convert` of what
PEFT saves gives the same on the unmodified student.

Read: adapters of every setting that nugget supports, as PEFT saves them, have the logits
in `nugget eval` that they have in PEFT, within 1e-4 of the largest; `nugget verify` finds
them sound, and those with settings that it does not support it refuses by name.
"""

import copy
import json
import pathlib
import subprocess
import tempfile
import warnings

import command
import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.numpy import load_file
from safetensors.torch import load_file as load_torch
from safetensors.torch import save_file as save_torch
from transformers import AutoModelForCausalLM

HERE = pathlib.Path(__file__).resolve().parent
PAIRS = HERE.parent / "transfer"
BASE = HERE.parent / "tiny" / "biases"
START, MERGED, LOGITS = 1e-5, 1e-4, 1e-4

# What PEFT can be told and nugget applies exactly.
SUPPORTED = {
    "suffixes": {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj", "gate_proj"]},
    "all-linear": {"r": 4, "lora_alpha": 8, "target_modules": "all-linear"},
    "an odd scale": {"r": 3, "lora_alpha": 7, "target_modules": ["k_proj", "down_proj"]},
    "patterns": {
        "r": 4, "lora_alpha": 6, "target_modules": ["q_proj", "v_proj", "up_proj"],
        "rank_pattern": {"q_proj": 2, r"layers\.1\.self_attn\.v_proj": 6},
        "alpha_pattern": {"^model.layers.0.mlp.up_proj": 3, "up_proj": 5},
    },
    "rslora": {"r": 4, "lora_alpha": 8, "use_rslora": True, "target_modules": ["o_proj", "up_proj"], "rank_pattern": {"o_proj": 3}},
    "embeddings": {"r": 3, "lora_alpha": 3, "target_modules": ["embed_tokens", "lm_head", "o_proj"]},
    "regex": {"r": 2, "lora_alpha": 4, "target_modules": r".*\.(?:self_attn\.k_proj|mlp\.down_proj)"},
    "layers": {"r": 2, "lora_alpha": 4, "target_modules": ["k_proj", "up_proj"], "layers_to_transform": [1]},
    "excluded": {"r": 2, "lora_alpha": 4, "target_modules": ["k_proj", "up_proj"], "exclude_modules": r".*layers\.0\..*"},
    "gaussian": {"r": 2, "lora_alpha": 4, "target_modules": ["k_proj"], "init_lora_weights": "gaussian"},
}
# And what it refuses, with the word that its error must have.
REFUSED = {
    "use_dora": {"r": 2, "use_dora": True, "target_modules": ["k_proj"]},
    "modules_to_save": {"r": 2, "target_modules": ["k_proj"], "modules_to_save": ["lm_head"]},
    "lora_bias": {"r": 2, "target_modules": ["k_proj"], "lora_bias": True},
    "bias": {"r": 2, "target_modules": ["k_proj"], "bias": "lora_only"},
    "init_lora_weights": {"r": 2, "target_modules": ["k_proj"], "init_lora_weights": "pissa"},
    "trainable_token_indices": {"r": 2, "target_modules": ["k_proj"], "trainable_token_indices": [1, 2]},
    "layer_replication": {"r": 2, "target_modules": ["k_proj"], "layer_replication": [[0, 2], [1, 2]]},
}


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")


def ids(model):
    return torch.randint(model.config.vocab_size, (2, 24), generator=torch.Generator().manual_seed(5))


def logits(model):
    model.eval()
    with torch.no_grad():
        return model(input_ids=ids(model)).logits


def distance(got, want):
    return float((got - want).abs().max() / want.abs().max())


def attach(score, what, model, folder):
    """The model with an adapter that can be trained; every key has to find its place."""
    wrapped = PeftModel.from_pretrained(model, folder, is_trainable=True)
    found = wrapped.load_adapter(folder, "again")
    wrapped.delete_adapter("again")
    wrapped.set_adapter("default")
    stray = [*found.unexpected_keys, *found.missing_keys]
    score.expect(f"{what}, no unexpected and no missing key", not stray, str(stray[:3]) if stray else "")
    return wrapped


def train(model, steps):
    model.train()
    tokens = ids(model)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        predicted = model(input_ids=tokens).logits
        torch.nn.functional.cross_entropy(predicted[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()).backward()
        optimizer.step()


def trains_and_merges(score, what, model, start):
    score.within(f"{what}, starts from the student", distance(logits(model), start), START)
    train(model, 1)
    moved = distance(logits(model), start)
    score.expect(f"{what}, one step moves the logits", moved > 10 * START, f"by {moved:.1e}")
    train(model, 3)
    trained = logits(model)
    score.within(f"{what}, merge_and_unload", distance(logits(copy.deepcopy(model).merge_and_unload()), trained), MERGED)
    return trained


def written(score, pair, scratch):
    student = PAIRS / pair / "student"
    start = logits(load(student))

    def transfer(form, *options):
        out = scratch / f"{pair}-{form}"
        command.run("transfer", "--backend", "go", "--teacher", PAIRS / pair / "teacher", "--student", student,
                    "--seeds", PAIRS / pair / "seeds.jsonl", "--rank", 4, "--start", form, "--out", out, *options)
        return out

    plain = transfer("plain")
    command.run("verify", "--model", student, plain)
    trains_and_merges(score, f"{pair}, plain", attach(score, f"{pair}, plain", load(student), plain), start)

    paper = transfer("paper")
    negative = attach(score, f"{pair}, negative", load(student), paper / "negative")
    base = negative.merge_and_unload()
    score.expect(f"{pair}, negative changes the student", distance(logits(base), start) > 10 * START)
    model = attach(score, f"{pair}, init", base, paper / "init")
    trained = trains_and_merges(score, f"{pair}, paper", model, start)
    saved, folded = scratch / f"{pair}-trained", scratch / f"{pair}-folded"
    model.save_pretrained(saved)
    command.run("convert", "--init", paper / "init", "--out", folded, saved)
    model = attach(score, f"{pair}, converted", load(student), folded)
    score.within(f"{pair}, converted on the unmodified student", distance(logits(model), trained), MERGED)


def saved(settings, folder, dtype=None):
    """An adapter with random factors on BASE, saved; and the model."""
    rng = torch.Generator().manual_seed(3)
    model = get_peft_model(load(BASE), LoraConfig(task_type="CAUSAL_LM", **settings))
    for name, p in model.named_parameters():
        if "lora_" in name:
            p.data = 0.3 * torch.randn(p.shape, generator=rng)
            if dtype:
                p.data = p.data.to(dtype).float()
    model.save_pretrained(folder)
    if dtype:
        convert(folder / "adapter_model.safetensors", dtype)
    return model


def convert(path, dtype):
    save_torch({k: v.to(dtype) for k, v in load_torch(path).items()}, path, metadata={"format": "pt"})


def evaluated(folder, scratch, tokens):
    data, out = scratch / "data.jsonl", scratch / "logits.safetensors"
    data.write_text("".join(json.dumps({"input_ids": row, "labels": row}) + "\n" for row in tokens.tolist()))
    out.unlink(missing_ok=True)
    command.run("eval", "--backend", "go", "--model", BASE, "--adapter", folder, "--data", data, "--logits", out)
    tensors = load_file(out)
    return torch.from_numpy(np.stack([tensors[str(i)] for i in range(len(tokens))]))


def read(score, scratch):
    cases = {name: (settings, None) for name, settings in SUPPORTED.items()}
    cases |= {"float16": (SUPPORTED["suffixes"], torch.float16), "bfloat16": (SUPPORTED["suffixes"], torch.bfloat16)}
    base = logits(load(BASE))
    for name, (settings, dtype) in cases.items():
        folder = scratch / f"read-{name}"
        model = saved(settings, folder, dtype)
        want = logits(model)
        score.expect(f"{name}, changes the model", distance(want, base) > 100 * LOGITS)
        score.within(f"{name}, logits", distance(evaluated(folder, scratch, ids(model)), want), LOGITS)
        report = json.loads(command.run("verify", "--json", "--model", BASE, folder))
        score.expect(f"{name}, verify", report["sound"] and not report["starts_at_base"], str(report["findings"]) if not report["sound"] else "")


def refused(score, scratch):
    for name, settings in REFUSED.items():
        folder = scratch / f"refused-{name}"
        saved(settings, folder)
        done = subprocess.run([command.NUGGET, "eval", "--backend", "go", "--model", BASE, "--adapter", folder, "--data", scratch / "data.jsonl"],
                              capture_output=True, text=True)
        first = done.stderr.splitlines()[0] if done.stderr else ""
        score.expect(f"{name}, refused by name", done.returncode == 1 and name in first, first)


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    score = command.Score()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        for pair in ("embeddings", "grouped", "deeper"):
            written(score, pair, scratch)
        read(score, scratch)
        refused(score, scratch)
    score.close()


if __name__ == "__main__":
    main()
