"""Notes which tensors transformers (5.24) takes from sharded folders.

    python make_shards.py       writes shards.json

A case has the index's weight_map, and the shards with the value that fills each of
their tensors; and then the value that each tensor has in the loaded model, or
"error". The weights' shapes don't matter here.
"""

import json
import os
import pathlib
import tempfile

os.environ["OMP_NUM_THREADS"] = "1"
import torch  # noqa: E402
import transformers  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from transformers import LlamaConfig, LlamaForCausalLM  # noqa: E402

HERE = pathlib.Path(__file__).parent
CONFIG = LlamaConfig(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2, vocab_size=16, tie_word_embeddings=False)
SHAPES = {k: v.shape for k, v in LlamaForCausalLM(CONFIG).state_dict().items()}
A, B = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()


def cases():
    names = list(SHAPES)
    first = {n: 1.0 for n in names[:5]}
    second = {n: 2.0 for n in names[5:]}
    index = {n: A for n in first} | {n: B for n in second}
    shared = names[0]
    yield "as saved", index, {A: first, B: second}
    yield "in two shards", index, {A: first, B: second | {shared: 3.0}}
    yield "in two shards, the index names the second", index | {shared: B}, {A: first, B: second | {shared: 3.0}}
    yield "not in the index", {n: f for n, f in index.items() if n != shared}, {A: first, B: second}
    yield "in another shard than the index says", index | {shared: B}, {A: first, B: second}
    yield "a shard that the index doesn't name", {n: A for n in names}, {A: first | {n: 1.0 for n in second}, B: second}
    yield "names in another order", {n: "z.safetensors" if f == A else "a.safetensors" for n, f in index.items()}, {"z.safetensors": first, "a.safetensors": second | {shared: 3.0}}
    yield "no such shard", index, {A: first}


def load(index, shards):
    with tempfile.TemporaryDirectory() as folder:
        CONFIG.save_pretrained(folder)
        for file, tensors in shards.items():
            save_file({n: torch.full(SHAPES[n], v) for n, v in tensors.items()}, f"{folder}/{file}", metadata={"format": "pt"})
        pathlib.Path(folder, "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))
        try:
            model, info = LlamaForCausalLM.from_pretrained(folder, output_loading_info=True)
        except Exception as e:  # whatever it refuses them with
            return {"error": str(e).replace(folder, "")}
        assert not info["missing_keys"] and not info["unexpected_keys"], info
        return {"loaded": {n: t.flatten()[0].item() for n, t in model.state_dict().items()}}


def main():
    out = [{"name": name, "index": index, "shards": shards, **load(index, shards)} for name, index, shards in cases()]
    (HERE / "shards.json").write_text(json.dumps(out, indent=1) + "\n")


main()
