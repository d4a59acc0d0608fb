"""Compares `nugget merge` with PEFT's merge_and_unload.

    python check_merge.py MODELS [NAME ...]

On tiny models of several families and on SmolLM2, in their own types: the merged folder has
the model's files, types and shapes; every weight is PEFT's, to 1e-6 of the largest in
float32, and in 16 bits but for one in a hundred, which is rounded the other way;
transformers loads the folder without a missing or an unexpected key, and its logits are
those of PEFT's merged model. GGUF files are converted with their models' configs, weights in
float32.
"""

import pathlib
import shutil
import sys
import tempfile
import warnings

import command
import on_disk
import packages
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

HERE = pathlib.Path(__file__).resolve().parent
TINY = HERE.parent / "tiny"
sys.path.append(str(TINY))
import make  # noqa: E402

FLOAT32, OTHER_WAY = 1e-6, 0.01
LOGITS = {torch.float32: 1e-5, torch.bfloat16: 3e-2, torch.float16: 4e-3}

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
FFN = ["gate_proj", "up_proj", "down_proj"]
ENDS = ["embed_tokens", "lm_head"]
CONV1D = {"fan_in_fan_out": True}
# The model, what has an adapter, and settings.
CASES = {
    "plain": (TINY / "plain", ATTENTION + FFN + ENDS, {}),
    "sharded": (TINY / "sharded", ATTENTION + FFN + ENDS, {}),
    "biases": (TINY / "biases", ATTENTION + FFN, {"use_rslora": True, "rank_pattern": {"q_proj": 2}}),
    "bf16": (TINY / "bf16", ATTENTION + FFN + ENDS, {}),
    "f16, tied": (TINY / "f16", ATTENTION + FFN, {"alpha_pattern": {"up_proj": 9}}),
    "a tied embedding": (TINY / "tied", ["embed_tokens", "q_proj"], {}),
    "a tied output": (TINY / "tied", ["lm_head", "q_proj"], {}),
    "gpt2": (TINY / "gpt2", ["c_attn", "c_proj", "c_fc", "wpe"], CONV1D),
    "gemma": (TINY / "gemma", ATTENTION + FFN, {}),
    "gemma-untied": (TINY / "gemma-untied", ATTENTION + ENDS, {}),
    "gemma3": (TINY / "gemma3", ATTENTION + FFN, {}),
    "phi3": (TINY / "phi3", ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"], {}),
    "gptneox": (TINY / "gptneox", ["query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"], {}),
    "mixtral": (TINY / "mixtral", ["w1", "w2", "w3", "q_proj"], {}),
    "mixtral, bf16, sharded, tied": (TINY / "mixtral-window", ["w1", "w2", "w3", "v_proj"], {}),
    "qwen3_moe": (TINY / "qwen3-moe", ["q_proj", *FFN], {}),
    "olmoe": (TINY / "olmoe", [*FFN, "o_proj"], {}),
    "gguf": (TINY / "gguf" / "model.gguf", ATTENTION + FFN + ENDS, {}),
    "gguf, tied": (TINY / "gguf-tied" / "model.gguf", ATTENTION + FFN, {}),
    "gguf, qwen3": (TINY / "gguf-qwen3" / "model.gguf", ATTENTION + FFN, {}),
    "gguf, gpt2": (TINY / "gguf-gpt2" / "model.gguf", ["c_attn", "c_proj"], CONV1D),
    "gguf, gemma3": (TINY / "gguf-gemma3" / "model.gguf", ATTENTION + FFN, {}),
    "gguf, mixtral": (TINY / "gguf-mixtral" / "model.gguf", ["w1", "w2", "w3", "o_proj"], {}),
    "gguf, llama3's RoPE": (TINY / "gguf-llama3" / "model.gguf", ATTENTION, {}),
}


def load(path, dtype="auto"):
    """The model in its own type; of a GGUF file in float32."""
    if path.suffix == ".gguf":
        return make.load(path.parent)
    return AutoModelForCausalLM.from_pretrained(path, dtype=dtype, **on_disk.PLAIN)


def loaded(folder):
    """The model of a folder, and the keys that don't fit."""
    model, report = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", output_loading_info=True, **on_disk.PLAIN)
    return model, sorted(str(k) for kind in ("missing_keys", "unexpected_keys", "mismatched_keys") for k in report[kind])


def adapter(path, targets, settings, folder):
    rng = torch.Generator().manual_seed(3)
    model = get_peft_model(load(path, torch.float32), LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=6, target_modules=targets, **settings))
    for name, p in model.named_parameters():
        if "lora_" in name:
            p.data = torch.randn(p.shape, generator=rng) * 0.4 * p.shape[-1] ** -0.5
    model.save_pretrained(folder, save_embedding_layers=False)
    return folder


def logits(model):
    model.eval()
    ids = torch.randint(model.config.vocab_size, (2, 24), generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        return model(input_ids=ids).logits.float()


def stored(folder):
    return {name: value for path in sorted(folder.glob("*.safetensors")) for name, value in load_file(path).items()}


def bare(name, model):
    """A tensor's name without the model's own prefix, which some folders leave out."""
    return name.removeprefix(model.base_model_prefix + ".")


def files(path):
    return sorted(p.name for p in path.iterdir() if p.is_file() and p.suffix != ".jsonl" and not p.name.startswith("golden"))


def weights(score, name, merged, out):
    want = {bare(k, merged): v for k, v in on_disk.names_of(merged, merged.state_dict()).items()}
    got = {bare(k, merged): v for k, v in stored(out).items()}
    # A tied weight may be there once; some folders hold masks.
    missing = [k for k in want if k not in got and not (k == "lm_head.weight" and merged.config.tie_word_embeddings)]
    score.expect(f"{name}, {len(got)} tensors", not missing, str(missing[:3]))
    worst, other, entries = 0.0, 0, 0
    for key, value in got.items():
        if key not in want or value.dtype == torch.bool:
            continue
        if value.dtype != want[key].dtype or value.shape != want[key].shape:
            score.expect(f"{name}, {key}", False, f"{value.dtype} {tuple(value.shape)}, want {want[key].dtype} {tuple(want[key].shape)}")
            continue
        a, b = value.double(), want[key].double()
        if value.dtype == torch.float32:
            worst = max(worst, ((a - b).abs().max() / b.abs().max()).item())
            continue
        other, entries = other + int((a != b).sum()), entries + a.numel()
        # What is rounded the other way is the next number.
        step = {torch.bfloat16: 2**-7, torch.float16: 2**-10}[value.dtype]
        worst = max(worst, FLOAT32 * ((a - b).abs() / (step * b.abs().clamp(min=step * b.abs().max()))).max().item())
    score.within(f"{name}, weights", worst, FLOAT32)
    if entries:
        score.within(f"{name}, rounded the other way", other / entries, OTHER_WAY)


def case(score, name, path, targets, settings, scratch):
    at = scratch / name.replace(" ", "-")
    at.mkdir()
    lora, out, options = adapter(path, targets, settings, at / "adapter"), at / "merged", []
    if path.suffix == ".gguf":
        config = load(path).config
        config.save_pretrained(at / "config")
        options = ["--config", at / "config"]
    command.run("merge", "--model", path, "--out", out, *options, lora)
    before = logits(load(path))
    merged = PeftModel.from_pretrained(load(path), lora).merge_and_unload()
    if not options:
        score.expect(f"{name}, files", files(out) == sorted([*files(path), "merge.json"]), str(files(out)))
    weights(score, name, merged, out)
    back, stray = loaded(out)
    # The masks of early GPT-2 folders, which stay, have no place in transformers any more.
    before_stray = [] if options else loaded(path)[1]
    score.expect(f"{name}, loads", stray == before_stray and back.dtype == merged.dtype, f"{back.dtype} {stray[:3]}")
    want = logits(merged)
    score.within(f"{name}, logits", ((logits(back) - want).abs().max() / want.abs().max()).item(), LOGITS[back.dtype])
    score.expect(f"{name}, changes the model", ((want - before).abs().max() / want.abs().max()).item() > 0.01)
    shutil.rmtree(at)


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    score = command.Score()
    smollm2 = packages.smollm2(pathlib.Path(sys.argv[1]))[1]
    cases = CASES | {"smollm2": (smollm2, ATTENTION + FFN, {})}
    with tempfile.TemporaryDirectory() as scratch:
        for name, (path, targets, settings) in cases.items():
            if sys.argv[2:] and name not in sys.argv[2:]:
                continue
            try:
                case(score, name, path, targets, settings, pathlib.Path(scratch))
            except RuntimeError as err:
                score.expect(name, False, str(err)[:600])
    score.close()


if __name__ == "__main__":
    main()
