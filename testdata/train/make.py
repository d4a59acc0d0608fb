"""Makes the goldens of training beside this file, with PEFT and torch.

    python make.py [CASE ...] [--out DIR]

    CASE/data.jsonl     {"input_ids", "labels"} a line
    CASE/start/         the adapter that training begins with, as PEFT saves it
    CASE/trained/       what it has become
    CASE/golden.json    the model in ../tiny, the flags of `nugget train`, the loss of each step

The models are random, so there is little to learn but the samples themselves; rates are high
enough that losses fall by a lot within 30 steps.
"""

import argparse
import dataclasses
import json
import pathlib
import random
import shutil
import sys
import tempfile

import torch
from peft import LoraConfig, get_peft_model

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))
import sensitivity  # noqa: E402
import training  # noqa: E402
from training import Settings  # noqa: E402

TINY = HERE.parent / "tiny"


def plain(b, a):
    """A transfer's plain start: B = [B0 | 0], A = [0 ; A0]."""
    half = a.shape[0] // 2
    a[:half], b[:, half:] = 0, 0


def both(b, a):
    """Neither is zero."""


# variant of ../tiny, LoraConfig, what becomes of random factors (None: PEFT's start), settings
CASES = {
    "llama": ("plain", {"r": 8, "lora_alpha": 8, "target_modules": "all-linear-and-embeddings"}, plain, Settings()),
    "gpt2": ("gpt2", {"r": 4, "lora_alpha": 8, "target_modules": ["c_attn", "c_proj", "c_fc"], "fan_in_fan_out": True}, both,
             Settings(schedule="cosine", gradient_accumulation=2, weight_decay=0.1)),
    "gemma": ("gemma", {"r": 3, "lora_alpha": 3, "target_modules": "all-linear"}, None, Settings(lr=1e-2, max_grad_norm=0.0)),
    "gemma2": ("gemma2", {"r": 4, "lora_alpha": 6, "use_rslora": True, "target_modules": ["q_proj", "o_proj", "down_proj"]}, both,
               Settings(batch_size=24, schedule="constant", warmup=4, max_grad_norm=0.2)),
    "mixtral": ("mixtral", {"r": 4, "lora_alpha": 4, "target_modules": ["q_proj", "v_proj", "o_proj"]}, both, Settings(batch_size=5)),
}
EMBEDDINGS = ["embed_tokens", "lm_head"]


def samples(vocab, seed, count=24):
    """Sequences that repeat themselves, of 4 to 40 tokens; a part of the labels does not count."""
    rng = random.Random(seed)
    out = []
    for _ in range(count):
        part = [rng.randrange(vocab) for _ in range(rng.randint(2, 6))]
        ids = (part * 20)[: rng.randint(4, 40)]
        for _ in range(len(ids) // 8):
            ids[rng.randrange(len(ids))] = rng.randrange(vocab)
        prompt = rng.randrange(len(ids) - 1)
        out.append({"input_ids": ids, "labels": [sensitivity.IGNORED if i < prompt else t for i, t in enumerate(ids)]})
    return out


def begin(variant, lora, change, seed):
    """The model with its start."""
    torch.manual_seed(seed)
    lora = dict(lora)
    if lora["target_modules"] == "all-linear-and-embeddings":
        lora["target_modules"] = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", *EMBEDDINGS]
    model = training.trainable(get_peft_model(training.load(TINY / variant), LoraConfig(task_type="CAUSAL_LM", **lora)))
    if change is None:
        return model
    with torch.no_grad():
        for module in model.modules():
            for a, b in ((getattr(module, "lora_A", {}), getattr(module, "lora_B", {})), (getattr(module, "lora_embedding_A", {}), getattr(module, "lora_embedding_B", {}))):
                if len(a) == 0:
                    continue
                a, b = a["default"], b["default"]
                a, b = getattr(a, "weight", a), getattr(b, "weight", b)
                a.normal_(std=0.3), b.normal_(std=0.3)
                change(b, a)
    return model


def make(case, folder):
    variant, lora, change, settings = CASES[case]
    model = begin(variant, lora, change, len(case))
    data = samples(model.config.get_text_config().vocab_size, case)
    folder.mkdir(parents=True)
    (folder / "data.jsonl").write_text("".join(json.dumps(s) + "\n" for s in data))
    save(model, folder / "start")
    losses = training.train(model, data, settings)
    save(model, folder / "trained")
    golden = {"model": variant, "settings": dataclasses.asdict(settings), "losses": losses}
    (folder / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
    return losses


def save(model, folder):
    model.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    config["target_modules"] = sorted(config["target_modules"]) if isinstance(config["target_modules"], list) else config["target_modules"]
    config["base_model_name_or_path"] = None  # the path here
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="*")
    parser.add_argument("--out", type=pathlib.Path, default=HERE)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for case in args.case or CASES:
        with tempfile.TemporaryDirectory(dir=args.out) as beside:
            made = pathlib.Path(beside) / case
            losses = make(case, made)
            shutil.rmtree(args.out / case, ignore_errors=True)
            made.rename(args.out / case)
        print(f"{case}: {losses[0]:.4f} {losses[len(losses) // 2]:.4f} {losses[-1]:.4f}")


if __name__ == "__main__":
    main()
