"""What transformers makes of configurations, for the tests of plugins (archtest.Recorded).

An entry has a config.json; the tensors of the folder of the model that transformers
builds of it on the meta device; how many parameters its language model has; and each
layer's attention: window, scale, soft cap, ALiBi's slopes, RoPE's inverse frequencies and
attention factor.
"""

import json
import re

import on_disk
import torch
import transformers

LAYER = re.compile(r"\.(layers|h|blocks)\.(\d+)\.")
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


def rope(decoder, config, layer):
    """The frequencies of a layer, None where it has none."""
    if not hasattr(decoder, "rotary_emb"):
        return None
    rotary = type(decoder.rotary_emb)(config)  # not on the meta device
    prefix = "" if hasattr(rotary, "inv_freq") else config.layer_types[layer] + "_"
    return {"inv_freq": numbers(getattr(rotary, prefix + "inv_freq")), "attention_factor": float(getattr(rotary, prefix + "attention_scaling"))}


def entry(name, values, attention=attention, rope=rope):
    """attention(layer, config) is window, scale, soft cap, and where there are any ALiBi's slopes."""
    config = transformers.AutoConfig.for_model(**json.loads(json.dumps(values)))
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(config)
    text, decoder = config.get_text_config(), model.get_decoder()
    decoder = getattr(decoder, "language_model", decoder)
    head, embeddings = model.get_output_embeddings(), model.get_input_embeddings()
    own = sum(p.numel() for p in head.parameters() if p is not embeddings.weight)
    out = {
        "name": name, "config": values, "tensors": tensors(model),
        "parameters": sum(p.numel() for p in decoder.parameters()) + own, "ropes": [], "kinds": [], "layers": [],
    }
    layers = next(getattr(decoder, x) for x in ("layers", "h", "blocks") if hasattr(decoder, x))
    for i, layer in enumerate(layers):
        window, scale, softcap, *alibi = attention(layer, text)
        turn = rope(decoder, text, i)
        kind = {"window": window, "scale": scale, "softcap": softcap, "rope": -1 if turn is None else index(out["ropes"], turn)}
        if alibi:
            kind["alibi"] = alibi[0]
        out["layers"].append(index(out["kinds"], kind))
    return out


def index(things, thing):
    """Where a thing is in a list, put there if it is not."""
    if thing not in things:
        things.append(thing)
    return things.index(thing)


def write(path, configs, attention=attention, rope=rope):
    """configs: config.json by name."""
    entries = [entry(name, values, attention, rope) for name, values in configs.items()]
    with open(path, "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(e) for e in entries) + "\n]\n")
