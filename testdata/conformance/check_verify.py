"""Compares what `nugget verify` says of adapters, broken ones among them, with what PEFT does.

    python check_verify.py

PEFT refuses an adapter when PeftModel.from_pretrained ends with an error, ignores something
of it when keys are unexpected or missing, and applies it else. `nugget verify` says the same
of each, and ends with exit code 1 unless PEFT applies it.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import command
import torch
from check_adapter import load
from peft import LoraConfig, PeftModel, get_peft_model, load_peft_weights, set_peft_model_state_dict
from safetensors.torch import load_file, save_file

HERE = pathlib.Path(__file__).resolve().parent
TINY = HERE.parent / "tiny"
PREFIX = "base_model.model."


def lora(base, targets, **settings):
    """An adapter of PEFT's with random factors, its config and its tensors."""
    model = get_peft_model(load(TINY / base), LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=4, target_modules=targets, **settings))
    rng = torch.Generator().manual_seed(3)
    for name, p in model.named_parameters():
        if "lora_" in name:
            p.data = 0.3 * torch.randn(p.shape, generator=rng)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        folder = pathlib.Path(folder)
        return json.loads((folder / "adapter_config.json").read_text()), load_file(folder / "adapter_model.safetensors")


def rename(old, new):
    def change(config, tensors):
        return config, {k.replace(old, new): v for k, v in tensors.items()}
    return change


def setting(**values):
    def change(config, tensors):
        return {**config, **values}, tensors
    return change


def drop(end, first=True):
    """Without the first tensor, or all, whose name has a part."""
    def change(config, tensors):
        found = [k for k in sorted(tensors) if end in k]
        gone = found[:1] if first else found
        return config, {k: v for k, v in tensors.items() if k not in gone}
    return change


def tensors_changed(f):
    def change(config, tensors):
        return config, {k: f(k, v) for k, v in tensors.items()}
    return change


def added(**more):
    def change(config, tensors):
        return config, {**tensors, **{PREFIX + k.replace("__", "."): v for k, v in more.items()}}
    return change


def expert_maps(path, layers, experts, sizes, targets=None, rank=4):
    """Adapters of single experts, as nugget writes them. sizes: out, in by the map's name."""
    def change(config, tensors):
        rng = torch.Generator().manual_seed(5)
        made, names = {}, []
        for layer in layers:
            for expert in experts(layer) if callable(experts) else experts:
                for name, (out, width) in sizes.items():
                    at = path.format(layer=layer, expert=expert) + name
                    names.append(at)
                    made[f"{PREFIX}{at}.lora_A.weight"] = torch.randn(rank, width, generator=rng)
                    made[f"{PREFIX}{at}.lora_B.weight"] = torch.randn(out, rank, generator=rng)
        config = {**config, "target_modules": targets or sorted(names), "target_parameters": None, "rank_pattern": {}, "alpha_pattern": {}}
        return config, made
    return change


def same(config, tensors):
    return config, tensors


def nan(name, value):
    if name.endswith("q_proj.lora_A.weight"):
        value = value.clone()
        value[1, 2] = float("nan")
    return value


QV = ["q_proj", "v_proj"]
MIXTRAL = {"w1": (20, 24), "w2": (24, 20), "w3": (20, 24)}
QWEN = {"gate_proj": (14, 24), "up_proj": (14, 24), "down_proj": (24, 14)}
MIXTRAL_PATH, QWEN_PATH = "model.layers.{layer}.block_sparse_moe.experts.{expert}.", "model.layers.{layer}.mlp.experts.{expert}."
FFN = ["gate_proj", "up_proj", "down_proj"]

# name: checkpoint, PEFT's targets and settings, and what is then changed
CASES = {
    "sound": ("plain", QV, {}, same),
    "patterns": ("plain", QV, {"rank_pattern": {"q_proj": 2}, "alpha_pattern": {"v_proj": 9}}, same),
    "embeddings": ("plain", ["embed_tokens", "lm_head"], {}, same),
    "a tied embedding": ("tied", ["embed_tokens", "q_proj"], {}, same),
    "a tied output": ("tied", ["lm_head", "q_proj"], {}, same),
    "no prefix": ("plain", QV, {}, rename(PREFIX, "")),
    "half a prefix": ("plain", QV, {}, rename(PREFIX, "base_model.")),
    "the adapter's name in the keys": ("plain", QV, {}, rename("lora_A.weight", "lora_A.default.weight")),
    "another adapter's name in the keys": ("plain", QV, {}, rename("lora_A.weight", "lora_A.other.weight")),
    "A without B": ("plain", QV, {}, drop("q_proj.lora_B")),
    "a module without weights": ("plain", QV, {}, drop("layers.1.self_attn.v_proj", first=False)),
    "weights of a module that is no target": ("plain", QV, {}, setting(target_modules=["q_proj"])),
    "weights of a module that is not there": ("plain", QV, {}, rename("layers.1.", "layers.7.")),
    "another tensor": ("plain", QV, {}, added(model__layers__0__self_attn__q_proj__scale=torch.ones(3))),
    "a whole module": ("plain", QV, {}, added(lm_head__weight=torch.ones(96, 32))),
    "a whole module of another shape": ("plain", QV, {}, added(lm_head__weight=torch.ones(95, 32))),
    "targets of another model": ("plain", QV, {}, setting(target_modules=["c_attn"])),
    "null targets": ("plain", QV, {}, setting(target_modules=None)),
    "another rank": ("plain", QV, {}, setting(r=3)),
    "a pattern's rank": ("plain", QV, {}, setting(rank_pattern={"q_proj": 2})),
    "another model's shapes": ("plain", QV, {}, tensors_changed(lambda k, v: v if "lora_A" in k else torch.cat([v, v]))),
    "a norm": ("plain", QV, {}, setting(target_modules=["q_proj", "v_proj", "norm"])),
    "NaN": ("plain", QV, {}, tensors_changed(nan)),
    "integers": ("plain", QV, {}, tensors_changed(lambda k, v: (8 * v).to(torch.int8))),
    "bfloat16": ("plain", QV, {}, tensors_changed(lambda k, v: v.to(torch.bfloat16))),
    "an unknown setting": ("plain", QV, {}, setting(use_magic=3)),
    "an unknown type": ("plain", QV, {}, setting(peft_type="MAGIC")),
    "DoRA": ("plain", QV, {"use_dora": True}, same),
    "DoRA without magnitudes": ("plain", QV, {"use_dora": True}, drop("magnitude", first=False)),
    "magnitudes without DoRA": ("plain", QV, {"use_dora": True}, setting(use_dora=False)),
    "biases of B": ("biases", QV, {"lora_bias": True}, same),
    "the base's biases": ("biases", QV, {"bias": "lora_only"}, same),
    "modules to save": ("plain", QV, {"modules_to_save": ["lm_head"]}, same),
    "modules to save without weights": ("plain", QV, {"modules_to_save": ["lm_head"]}, drop("lm_head", first=False)),
    "linear keys of an embedding": ("plain", ["embed_tokens", "q_proj"], {}, rename("lora_embedding_A", "lora_A.weight")),
    "fan_in_fan_out": ("plain", QV, {}, setting(fan_in_fan_out=True)),
    "no fan_in_fan_out": ("gpt2", ["c_attn", "c_proj"], {"fan_in_fan_out": True}, setting(fan_in_fan_out=False)),
    "Conv1D": ("gpt2", ["c_attn", "c_proj"], {"fan_in_fan_out": True}, same),
    "a regular expression": ("plain", r".*\.q_proj", {}, same),
    "all linear": ("plain", "all-linear", {}, same),
    "experts as PEFT saves them": ("mixtral", ["w1", "w2", "w3", "q_proj"], {}, same),
    "experts' down alone, as PEFT saves it": ("qwen3-moe", ["down_proj", "q_proj"], {}, same),
    "experts one by one": ("mixtral", QV, {}, expert_maps(MIXTRAL_PATH, (0, 1), range(4), MIXTRAL)),
    "experts one by one, by last names": ("mixtral", QV, {}, expert_maps(MIXTRAL_PATH, (0, 1), range(4), MIXTRAL, ["w1", "w2", "w3"])),
    "some experts": ("mixtral", QV, {}, expert_maps(MIXTRAL_PATH, (0, 1), range(3), MIXTRAL)),
    "experts of some layers": ("mixtral", QV, {}, expert_maps(MIXTRAL_PATH, (1,), range(4), MIXTRAL)),
    "too many experts": ("mixtral", QV, {}, expert_maps(MIXTRAL_PATH, (0, 1), range(5), MIXTRAL)),
    "gate without up": ("mixtral", QV, {}, expert_maps(MIXTRAL_PATH, (0, 1), range(4), {"w1": (20, 24)})),
    "down alone": ("mixtral", QV, {}, expert_maps(MIXTRAL_PATH, (0, 1), range(4), {"w2": (24, 20)})),
    "experts, another name": ("mixtral", QV, {}, expert_maps("model.layers.{layer}.mlp.experts.{expert}.", (0, 1), range(4), MIXTRAL)),
    "qwen's experts one by one": ("qwen3-moe", QV, {}, expert_maps(QWEN_PATH, (1,), range(4), QWEN)),
    "qwen's dense layers": ("qwen3-moe", QV, {}, expert_maps("model.layers.{layer}.mlp.", (0,), [0], {"gate_proj": (32, 24), "up_proj": (32, 24), "down_proj": (24, 32)})),
    "a router": ("mixtral", QV, {}, expert_maps("model.layers.{layer}.block_sparse_moe.", (0, 1), [0], {"gate": (4, 24)})),
    "a router of one layer": ("mixtral", QV, {}, expert_maps("model.layers.{layer}.block_sparse_moe.", (1,), [0], {"gate": (4, 24)})),
    "qwen's router": ("qwen3-moe", QV, {}, expert_maps("model.layers.{layer}.mlp.", (1,), [0], {"gate": (4, 24)})),
}
# Where the command fails though PEFT applies the adapter, and where nugget cannot tell.
BROKEN = {"NaN"}
UNKNOWN = {"null targets", "an unknown type"}


def what_peft_does(base, folder):
    try:
        model = PeftModel.from_pretrained(load(TINY / base), folder)
        found = set_peft_model_state_dict(model, load_peft_weights(folder))
    except Exception as error:
        return "refused", f"{type(error).__name__}: {str(error).splitlines()[0][:120]}"
    # As in PeftModel.load_adapter: missing are the adapter's own.
    stray = [*found.unexpected_keys, *(k for k in found.missing_keys if "lora_" in k)]
    return ("ignored", str(stray[:2])) if stray else ("applied", "")


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    score = command.Score()
    with tempfile.TemporaryDirectory() as scratch:
        for name, (base, targets, settings, change) in CASES.items():
            if sys.argv[1:] and name not in sys.argv[1:]:
                continue
            folder = pathlib.Path(scratch) / name.replace(" ", "-")
            folder.mkdir()
            config, tensors = change(*lora(base, targets, **settings))
            (folder / "adapter_config.json").write_text(json.dumps(config))
            save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "adapter_model.safetensors", {"format": "pt"})
            does, why = what_peft_does(base, folder)
            done = subprocess.run([command.NUGGET, "verify", "--quiet", "--json", "--model", TINY / base, folder], capture_output=True, text=True)
            said = json.loads(done.stdout)["peft"] if done.stdout else "no report"
            want = "unknown" if name in UNKNOWN else does
            score.expect(f"{name}, PEFT: {does}", said == want, f"nugget says {said}; {why} {done.stderr.strip()[:300]}")
            fails = want != "applied" or name in BROKEN
            score.expect(f"{name}, exit code", done.returncode == int(fails), f"{done.returncode}")
    score.close()


if __name__ == "__main__":
    main()
