"""Transformers models as llama.cpp's conversion would write them, a module for each
plugin's families.

Tensors are float32 arrays by the names of a HuggingFace folder (on_disk.py), so experts
come one by one; llama.cpp stacks them.
"""

import gguf
import numpy as np

from . import cohere, gemma, gpt2, granite, llama, olmo, phi, qwen, stablelm, starcoder2, vocabulary
from .format import Format

FORMATS: dict[str, Format] = (
    llama.FORMATS | qwen.FORMATS | gemma.FORMATS | gpt2.FORMATS | phi.FORMATS | starcoder2.FORMATS | stablelm.FORMATS
    | olmo.FORMATS | granite.FORMATS | cohere.FORMATS
)


def write(path, config, state, types):
    """The file. types: GGUF type by the end of a tensor's name, "" the others'."""
    form = FORMATS[config.model_type]
    w = gguf.GGUFWriter(str(path), form.architecture)
    w.add_name("tiny")
    form.metadata(w, config)
    vocabulary.add(w, config.vocab_size)
    for name, value in form.tensors(config).items():
        w.add_tensor(name, value)
    stacks = {}
    for name, value in state.items():
        place, expert = form.place(name)
        value = form.turn(name, value, config) + np.float32(form.offset(name))
        if expert is None:
            stacks[place] = value
        else:
            stacks.setdefault(place, []).append(value)
    for place, value in stacks.items():
        kind = gguf.GGMLQuantizationType[next((t for end, t in types.items() if place.endswith(end)), "F32")]
        w.add_tensor(place, gguf.quants.quantize(np.ascontiguousarray(value), kind), raw_dtype=kind)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def read(path, config, names):
    """The tensors of these HuggingFace names, decoded."""
    form = FORMATS[config.model_type]
    stored = {t.name: gguf.quants.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(path).tensors}
    out = {}
    for name in names:
        place, expert = form.place(name)
        value = stored[place] if expert is None else stored[place][expert]
        out[name] = form.turn_back(name, value - np.float32(form.offset(name)), config)
    return out


def canonical(tensors, names, config):
    """Tensors that lie as a file's do, but without offsets (a sensitivity has none), under
    HuggingFace names and as they lie there; others as they are."""
    form, out, used = FORMATS[config.model_type], {}, set()
    for name in names:
        place, expert = form.place(name)
        if place in tensors:
            used.add(place)
            out[name] = form.turn_back(name, tensors[place] if expert is None else tensors[place][expert], config)
    return out | {k: v for k, v in tensors.items() if k not in used}
