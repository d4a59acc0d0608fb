"""Compares adapters of experts with PEFT.

    python check_experts.py

Students with experts, from teachers that have as many, fewer, none, or some only in other
layers: PEFT finds no unexpected and no missing key in what `nugget transfer` writes, the
start is the student's logits to 1e-5, the first step of the optimiser moves them, and
merge_and_unload gives what was trained. In the paper's form, trained init adapters of
experts and embeddings, which PEFT saves in its own way, are folded by `nugget convert`
into one adapter that gives what was trained on the unmodified student, to 1e-4.
"""

import json
import pathlib
import tempfile
import warnings

import check_adapter
import command
import random_model
import torch
import transformers
from families import sizes


def mixtral(d, kv, ffn, layers, experts):
    return {"model_type": "mixtral", **sizes(d, 2 * kv, kv, ffn, layers, 80, num_local_experts=experts, num_experts_per_tok=2)}


def llama(d, kv, ffn, layers):
    return {"model_type": "llama", **sizes(d, 2 * kv, kv, ffn, layers, 80)}


def qwen(d, kv, ffn, moe, layers, experts, dense):
    return {
        "model_type": "qwen3_moe",
        **sizes(d, 2 * kv, kv, ffn, layers, 80, head_dim=8, num_experts=experts, num_experts_per_tok=2, moe_intermediate_size=moe, mlp_only_layers=dense),
    }


def qwen_dense(d, kv, ffn, layers):
    return {"model_type": "qwen3", **sizes(d, 2 * kv, kv, ffn, layers, 80, head_dim=8)}


# Teacher, student, options, and how many of the student's maps of experts have an adapter.
CASES = {
    "mixtral, as many experts": (mixtral(32, 2, 20, 3, 3), mixtral(24, 1, 16, 2, 3), [], 2 * 3 * 3),
    "mixtral, more experts": (mixtral(32, 2, 20, 3, 5), mixtral(24, 1, 16, 2, 3), [], 2 * 3 * 3),
    "mixtral, fewer experts": (mixtral(32, 2, 20, 3, 2), mixtral(24, 1, 16, 2, 3), [], 0),
    "mixtral of a dense teacher": (llama(32, 2, 40, 3), mixtral(24, 1, 16, 2, 3), [], 0),
    "mixtral, experts alone": (mixtral(32, 2, 20, 3, 3), mixtral(24, 1, 16, 2, 3), ["--modules", "ffn"], 2 * 3 * 3),
    "mixtral, attention alone": (mixtral(32, 2, 20, 3, 3), mixtral(24, 1, 16, 2, 3), ["--modules", "attention"], 0),
    "a dense student": (mixtral(32, 2, 20, 3, 3), llama(24, 1, 16, 2), [], 0),
    "qwen3_moe, all layers": (qwen(32, 2, 40, 18, 3, 4, []), qwen(24, 1, 28, 12, 2, 3, []), [], 2 * 3 * 3),
    "qwen3_moe, mixed alike": (qwen(32, 2, 40, 18, 3, 4, [1]), qwen(24, 1, 28, 12, 2, 3, [1]), ["--layers", "first"], 3 * 3),
    "qwen3_moe, mixed otherwise": (qwen(32, 2, 40, 18, 3, 4, [0]), qwen(24, 1, 28, 12, 2, 3, [1]), ["--layers", "first"], 0),
    "qwen3_moe, mixed by sensitivity": (qwen(32, 2, 40, 18, 3, 4, [1]), qwen(24, 1, 28, 12, 2, 3, [1]), [], 0),
    "qwen3_moe of a dense teacher": (qwen_dense(32, 2, 40, 3), qwen(24, 1, 28, 12, 2, 3, [1]), [], 0),
    "qwen3_moe, fewer experts": (qwen(32, 2, 40, 18, 3, 2, []), qwen(24, 1, 28, 12, 2, 3, []), [], 0),
}


def build(config, folder, seed):
    model = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.for_model(**config))
    random_model.fill(model, torch.Generator().manual_seed(seed))
    model.save_pretrained(folder)
    return folder


def transferred(score, name, scratch):
    teacher, student, options, experts = CASES[name]
    at = scratch / name.replace(" ", "-")
    at.mkdir()
    build(teacher, at / "teacher", 1)
    build(student, at / "student", 2)
    seeds = at / "seeds.jsonl"
    seeds.write_text("".join(json.dumps(s) + "\n" for s in random_model.samples((21, 34, 9), 80, torch.Generator().manual_seed(7))))
    try:
        command.run("transfer", "--backend", "go", "--teacher", at / "teacher", "--student", at / "student", "--seeds", seeds,
                    "--rank", 4, "--out", at / "adapter", *options)
        command.run("verify", "--model", at / "student", at / "adapter")
    except RuntimeError as err:
        score.expect(f"{name}, transfer and verify", False, str(err))
        return
    targets = json.loads((at / "adapter" / "adapter_config.json").read_text())["target_modules"]
    adapted = sum(".experts." in t for t in targets)
    score.expect(f"{name}, {experts} maps of experts", adapted == experts, f"{adapted} of {len(targets)} modules")
    start = check_adapter.logits(check_adapter.load(at / "student"))
    model = check_adapter.attach(score, name, check_adapter.load(at / "student"), at / "adapter")
    check_adapter.trains_and_merges(score, name, model, start)


def converted(score, name, scratch):
    """The paper's form: negative merged, init trained and saved by PEFT, then folded."""
    teacher, student, options, _ = CASES[name]
    at = scratch / ("paper " + name).replace(" ", "-")
    at.mkdir()
    build(teacher, at / "teacher", 1)
    build(student, at / "student", 2)
    seeds = at / "seeds.jsonl"
    seeds.write_text("".join(json.dumps(s) + "\n" for s in random_model.samples((21, 34, 9), 80, torch.Generator().manual_seed(7))))
    command.run("transfer", "--backend", "go", "--teacher", at / "teacher", "--student", at / "student", "--seeds", seeds,
                "--rank", 4, "--start", "paper", "--out", at / "paper", *options)
    start = check_adapter.logits(check_adapter.load(at / "student"))
    negative = check_adapter.attach(score, f"{name}, negative", check_adapter.load(at / "student"), at / "paper" / "negative")
    model = check_adapter.attach(score, f"{name}, init", negative.merge_and_unload(), at / "paper" / "init")
    trained = check_adapter.trains_and_merges(score, f"{name}, paper", model, start)
    targets = json.loads((at / "paper" / "init" / "adapter_config.json").read_text())["target_modules"]
    parts = {"embeddings": any(t.endswith(("embed_tokens", "lm_head")) for t in targets), "experts": any(".experts." in t for t in targets)}
    score.expect(f"{name}, has embeddings and experts", all(parts.values()), str(parts))
    model.save_pretrained(at / "trained")
    try:
        command.run("convert", "--init", at / "paper" / "init", "--out", at / "folded", at / "trained")
        command.run("verify", "--model", at / "student", at / "folded")
    except RuntimeError as err:
        score.expect(f"{name}, convert and verify", False, str(err))
        return
    folded = check_adapter.attach(score, f"{name}, converted", check_adapter.load(at / "student"), at / "folded")
    score.within(f"{name}, converted on the unmodified student", check_adapter.distance(check_adapter.logits(folded), trained), check_adapter.MERGED)


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    score = command.Score()
    with tempfile.TemporaryDirectory() as scratch:
        for name in CASES:
            transferred(score, name, pathlib.Path(scratch))
        for name in ("mixtral, as many experts", "qwen3_moe, all layers"):
            converted(score, name, pathlib.Path(scratch))
    score.close()


if __name__ == "__main__":
    main()
