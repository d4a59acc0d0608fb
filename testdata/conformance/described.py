"""What transformers makes of configurations, for the tests of plugins (archtest.Recorded).

An entry has a config.json; the tensors of the folder of the model that transformers
builds of it on the meta device; how many parameters its language model has; and each
layer's attention: window, scale, soft cap, RoPE's inverse frequencies and attention
factor.
"""

import json
import re

import on_disk
import torch
import transformers

LAYER = re.compile(r"\.(layers|h)\.(\d+)\.")
EXPERT = re.compile(r"\.experts\.(\d+)\.")


def numbers(tensor):
    """The shortest decimals that are these float32 numbers."""
    return [float(str(x)) for x in tensor.to(torch.float32).numpy()]


def tensors(model):
    """Names with {layer} and {expert}, shapes, which layers, how many experts."""
    out = {}
    for name, tensor in on_disk.weights(model).items():
        seeing = "vision" in name or "projector" in name
        layer, expert = None if seeing else LAYER.search(name), EXPERT.search(name)
        template = name if seeing else EXPERT.sub(".experts.{expert}.", LAYER.sub(r".\1.{layer}.", name))
        entry = out.setdefault((template, tuple(tensor.shape)), {"name": template, "shape": list(tensor.shape)})
        if layer and int(layer[2]) not in entry.setdefault("layers", []):
            entry["layers"].append(int(layer[2]))
        if expert:
            entry["experts"] = max(entry.get("experts", 0), int(expert[1]) + 1)
    return list(out.values())


def attention(layer, config):
    """Window, scale and soft cap as the modules of most families have them."""
    module = layer.self_attn
    window = module.sliding_window if hasattr(module, "sliding_window") else getattr(config, "sliding_window", None)
    return window or 0, module.scaling, getattr(module, "attn_logit_softcapping", None) or 0


def entry(name, values, attention=attention):
    config = transformers.AutoConfig.for_model(**json.loads(json.dumps(values)))
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(config)
    text, decoder = config.get_text_config(), model.get_decoder()
    decoder = getattr(decoder, "language_model", decoder)
    head = model.get_output_embeddings().weight
    own = 0 if head is model.get_input_embeddings().weight else head.numel()
    out = {
        "name": name, "config": values, "tensors": tensors(model),
        "parameters": sum(p.numel() for p in decoder.parameters()) + own, "ropes": [], "kinds": [], "layers": [],
    }
    rotary = type(decoder.rotary_emb)(text)
    for i, layer in enumerate(decoder.layers):
        prefix = "" if hasattr(rotary, "inv_freq") else text.layer_types[i] + "_"
        rope = {"inv_freq": numbers(getattr(rotary, prefix + "inv_freq")), "attention_factor": float(getattr(rotary, prefix + "attention_scaling"))}
        window, scale, softcap = attention(layer, text)
        kind = {"window": window, "scale": scale, "softcap": softcap, "rope": index(out["ropes"], rope)}
        out["layers"].append(index(out["kinds"], kind))
    return out


def index(things, thing):
    """Where a thing is in a list, put there if it is not."""
    if thing not in things:
        things.append(thing)
    return things.index(thing)


def write(path, configs, attention=attention):
    """configs: config.json by name."""
    entries = [entry(name, values, attention) for name, values in configs.items()]
    with open(path, "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(e) for e in entries) + "\n]\n")
