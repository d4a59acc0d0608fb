"""Makes the pairs of tiny teachers and students beside this file, with goldens.

    python make.py [PAIR ...] [--out DIR] [--rng-seed 0]

    PAIR/teacher, PAIR/student   HuggingFace folders, random weights
    PAIR/seeds.jsonl             {"input_ids", "labels"} a line
    PAIR/golden.json             the teacher's losses and layer scores, and the cases:
                                 options, chosen layers, a window a module
    PAIR/golden.safetensors      "<case>.<student's module>" = B A [n, m], F32, of an
                                 embedding as [d, vocab]

S is float32 torch's, the rest conformance/reference.py's in float64. Weights are taken
for which layers and windows are clear, no other choice comes within 1e-4, and the
layers with the highest scores are neither the first nor the last.
"""

import argparse
import json
import pathlib
import shutil
import sys
import zlib

import torch
from safetensors.numpy import save_file
from transformers import LlamaConfig, LlamaForCausalLM

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "conformance"))
import random_model  # noqa: E402
import reference  # noqa: E402
import sensitivity  # noqa: E402

CLEAR = 1e-4


def shape(d, heads, kv, head_dim, ffn, layers, vocab, tied=False, biases=False):
    return {
        "hidden_size": d, "num_attention_heads": heads, "num_key_value_heads": kv, "head_dim": head_dim, "intermediate_size": ffn,
        "num_hidden_layers": layers, "vocab_size": vocab, "tie_word_embeddings": tied, "attention_bias": biases, "mlp_bias": biases,
        "max_position_embeddings": 128,
    }


# (teacher, student)
PAIRS = {
    # More layers, another vocabulary: no embeddings.
    "deeper": (shape(32, 4, 4, 8, 48, 5, 96), shape(20, 2, 2, 10, 28, 2, 60)),
    # Grouped heads of another size, biases, a tied student of equal vocabulary: no embeddings.
    "grouped": (shape(36, 6, 2, 12, 56, 3, 80, biases=True), shape(24, 4, 2, 8, 30, 2, 80, tied=True)),
    # Untied and of equal vocabulary: embeddings as well; as many layers, and an equal width.
    "embeddings": (shape(28, 2, 2, 14, 40, 3, 72), shape(20, 2, 1, 12, 40, 3, 72)),
}

# A teacher that is smaller here and there: in depth, heads and FFN. For the live check.
SMALLER = (shape(32, 2, 2, 12, 40, 2, 64), shape(24, 4, 2, 10, 52, 5, 64))

# Options of the cases: of the reference, and of the command line.
CASES = {
    "default": ({"rank": 4}, ["--rank", "4"]),
    "rank-7": ({"rank": 7}, ["--rank", "7"]),
    "first": ({"rank": 4, "layers": "first"}, ["--rank", "4", "--layers", "first"]),
    "last": ({"rank": 4, "layers": "last"}, ["--rank", "4", "--layers", "last"]),
    "attention": ({"rank": 4, "modules": "attention"}, ["--rank", "4", "--modules", "attention"]),
    "ffn": ({"rank": 4, "modules": "ffn"}, ["--rank", "4", "--modules", "ffn"]),
    "embeddings": ({"rank": 4, "modules": "embeddings"}, ["--rank", "4", "--modules", "embeddings"]),
}

# Further cases of the live check, whose reading of the paper is host/transfer/README.md's.
ABLATIONS = {
    "rows-columns": ({"rank": 4, "structure": "rows-columns"}, ["--rank", "4", "--structure", "rows-columns"]),
    "neurons": ({"rank": 4, "structure": "neurons"}, ["--rank", "4", "--structure", "neurons"]),
}


def build(config, folder, rng):
    model = LlamaForCausalLM(LlamaConfig(**config))
    random_model.fill(model, rng)
    for layer in model.model.layers:
        # Else what is nearest to the input always counts most.
        loudness = 0.1 + 2 * torch.rand((), generator=rng).item()
        layer.self_attn.o_proj.weight.data *= loudness
        layer.mlp.down_proj.weight.data *= loudness
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)


def make(name, folder, seed=0):
    """A pair's folders and seeds; the same for the same seed."""
    pair = PAIRS.get(name, SMALLER)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rng = torch.Generator().manual_seed(zlib.crc32(name.encode()) + seed)
    for config, role in zip(pair, ("teacher", "student")):
        build(config, folder / role, rng)
    data = random_model.samples((21, 34, 9, 15), pair[0]["vocab_size"], rng)
    (folder / "seeds.jsonl").write_text("".join(json.dumps(s) + "\n" for s in data))


def solve(folder, cases=CASES):
    """What the golden files hold, and how clear the least clear choice is."""
    teacher = reference.read_model(folder / "teacher", sensitivity.read_samples(folder / "seeds.jsonl"))
    student = reference.read_model(folder / "student")
    scores = sorted(teacher["scores"])
    clear = min(1 - a / b for a, b in zip(scores, scores[1:]))
    solved, products = [], {}
    for case, (options, arguments) in cases.items():
        if options.get("modules") == "embeddings" and not reference.same_embeddings(teacher, student):
            continue
        layers, modules = reference.transfer(teacher, student, **options)
        clear = min([clear, *(m["margin"] for m in modules.values())])
        entries = [{"path": path, "teacher": m["teacher"], "window": m["window"], "energy": m["energy"]} for path, m in modules.items()]
        solved.append({"case": case, "arguments": arguments, "layers": layers, "modules": entries})
        products |= {f"{case}.{path}": (m["B"] @ m["A"]).astype("float32") for path, m in modules.items()}
    return {"losses": teacher["losses"], "scores": teacher["scores"], "cases": solved}, products, clear


def make_clear(name, folder, seed, cases=CASES):
    """The pair of the first seed whose choices are clear and not trivial, and its goldens."""
    while True:
        make(name, folder, seed)
        golden, products, clear = solve(folder, cases)
        layers = {case["case"]: case["layers"] for case in golden["cases"]}
        trivial = layers["default"] in (layers["first"], layers["last"]) and layers["first"] != layers["last"]
        if clear >= CLEAR and not trivial:
            return golden, products, clear
        seed += 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pair", nargs="*")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    parser.add_argument("--rng-seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for name in args.pair or PAIRS:
        golden, products, clear = make_clear(name, args.out / name, args.rng_seed)
        (args.out / name / "golden.json").write_text(json.dumps(golden) + "\n")
        # Other cases' products are the same matrices' again.
        kept = {k: v for k, v in products.items() if k.startswith(("default.", "first."))}
        save_file(kept, args.out / name / "golden.safetensors")
        print(f"{name}: layers {golden['cases'][0]['layers']}, {len(golden['cases'][0]['modules'])} modules, clear by {clear:.1e}")


if __name__ == "__main__":
    main()
