"""Models as HuggingFace folders hold them. Transformers 5 fuses the experts of a layer
into one parameter in memory; on disk they stay apart."""

import pathlib
import tempfile

import torch
import transformers
from safetensors.torch import save_file
from transformers.core_model_loading import revert_weight_conversion

# Transformers' own formulas, step by step, in any type and shape.
PLAIN = {"attn_implementation": "eager", "experts_implementation": "eager"}


def names_of(model, state):
    """A state, or what has its names and layout, as save_pretrained writes it."""
    return {name: value.contiguous() for name, value in revert_weight_conversion(model, state).items()}


def weights(model):
    """The tensors of the model's folder; a tied matrix is there once."""
    return names_of(model, {name: p.detach() for name, p in model.named_parameters()})


def build(config, tensors, dtype=torch.float32):
    """The model of a config and of a folder's tensors."""
    with tempfile.TemporaryDirectory() as folder:
        config.save_pretrained(folder)
        save_file(tensors, pathlib.Path(folder) / "model.safetensors", {"format": "pt"})
        model, report = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, output_loading_info=True, **PLAIN
        )
    assert not any(report[k] for k in ("missing_keys", "unexpected_keys", "mismatched_keys")), report
    return model
