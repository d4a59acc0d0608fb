"""Adapters that PEFT itself wrote, each with what it makes of the base's weights.

    python make.py        (torch 2.15, transformers 5.24, peft 0.21.2)

For each adapter a folder with adapter_config.json and adapter_model.safetensors as
save_pretrained leaves them, and beside them merged.safetensors: "before.<path>" and
"after.<path>", the module's weight in F32 in the layout [out, in] (embeddings
[rows, width]) before and after the adapter.
"""

import pathlib
import shutil
import warnings

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

HERE = pathlib.Path(__file__).parent


def llama(dtype=torch.float32):
    config = LlamaConfig(
        hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
        vocab_size=10, tie_word_embeddings=False,
    )
    return LlamaForCausalLM(config).to(dtype)


def gpt2():
    return GPT2LMHeadModel(GPT2Config(n_embd=8, n_layer=1, n_head=2, vocab_size=10, n_positions=16))


def canonical(module):
    base = module.get_base_layer()
    weight = base.weight.detach().float()
    return weight.T if type(base).__name__ == "Conv1D" else weight


def make(name, model, **settings):
    torch.manual_seed(len(name))
    model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **settings), autocast_adapter_dtype=False)
    tensors = {}
    layers = [(n, m) for n, m in model.base_model.model.named_modules() if hasattr(m, "lora_A") and m.r]
    for path, module in layers:
        pairs = [*module.lora_A.values(), *module.lora_B.values()]
        weights = [p.weight for p in pairs] + [*module.lora_embedding_A.values(), *module.lora_embedding_B.values()]
        for w in weights:
            torch.nn.init.normal_(w.data)
        tensors["before." + path] = canonical(module).contiguous()
    for path, module in layers:
        delta = module.float().get_delta_weight("default").detach()
        if type(module.get_base_layer()).__name__ == "Conv1D":
            delta = delta.T
        tensors["after." + path] = (tensors["before." + path] + delta).contiguous()
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "README.md").unlink()
    save_file(tensors, folder / "merged.safetensors")


def make_bf16(name):
    """A BF16 adapter: the factors rounded, then what they make in F32."""
    make(name, llama(), r=4, lora_alpha=8, target_modules=["q_proj", "down_proj"])
    factors = {k: v.to(torch.bfloat16) for k, v in load_file(HERE / name / "adapter_model.safetensors").items()}
    merged = load_file(HERE / name / "merged.safetensors")
    for key in [k for k in merged if k.startswith("after.")]:
        path = key.removeprefix("after.")
        a, b = (factors[f"base_model.model.{path}.lora_{x}.weight"].float() for x in "AB")
        merged[key] = merged["before." + path] + 2 * (b @ a)
    save_file(factors, HERE / name / "adapter_model.safetensors", metadata={"format": "pt"})
    save_file(merged, HERE / name / "merged.safetensors")


def main():
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    make("suffixes", llama(), r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "gate_proj"])
    make("patterns", llama(), r=4, lora_alpha=6, target_modules=["q_proj", "v_proj", "up_proj"],
         rank_pattern={"q_proj": 2, r"layers\.1\.self_attn\.v_proj": 6},
         alpha_pattern={"^model.layers.0.mlp.up_proj": 3, "up_proj": 5})
    make("rslora", llama(), r=4, lora_alpha=8, use_rslora=True, target_modules="all-linear", rank_pattern={"o_proj": 3})
    make_bf16("bf16")
    make("embeddings", llama(), r=3, lora_alpha=3, target_modules=["embed_tokens", "lm_head", "o_proj"])
    make("regex", llama(), r=2, lora_alpha=4, target_modules=r".*\.(?:self_attn\.k_proj|mlp\.down_proj)")
    make("layers", llama(), r=2, lora_alpha=4, target_modules=["k_proj", "up_proj"], layers_to_transform=[1])
    make("gpt2", gpt2(), r=2, lora_alpha=4, fan_in_fan_out=True, target_modules=["c_attn", "c_proj"])


if __name__ == "__main__":
    main()
