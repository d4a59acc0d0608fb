"""Compares transfers within each family, and across families, with PEFT and with the
method's own formulas.

    python check_families.py [NAME ...]        a row of families.py, or "llama to gpt2"

Within a family, from a larger to a smaller random model: PEFT finds no unexpected and no
missing key in the adapter and has nothing to say about it; the start is the student's
logits to 1e-5, the first step of the optimiser moves them, and merge_and_unload gives
what was trained. `nugget verify` finds the adapter sound.

Across families the same, and: just those of the student's maps get something all of whose
parts the teacher has, for the others there is one line each; every part's window is the
teacher's with the most S, to 1e-5; the products B A are within 1e-3 relative Frobenius of
the exact SVD's of the windows put together in the student's layout.
"""

import json
import pathlib
import sys
import tempfile
import warnings
import zlib

import across
import check_adapter
import check_transfer
import command
import random_model
import torch
import transformers
from families import PAIRS, crossings

RANK = 4
# What PEFT says of adapters that are as they should be.
EXPECTED = (
    # Of experts: PEFT makes these patterns itself, and first tries them on the names on disk.
    "pattern keys did not match any targeted module and were ignored: ['.*\\\\.gate_up_proj']",
    # The unembedding beside Conv1D's maps, whichever way it is set; PEFT sets it right.
    "fan_in_fan_out is set to True but the target module is `torch.nn.Linear`. Setting fan_in_fan_out to False.",
)


def build(name, config, folder):
    """A random model of a row's model type."""
    rng = torch.Generator().manual_seed(zlib.crc32(f"{name}{config['hidden_size']}".encode()))
    model = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.for_model(name.split()[0], **config))
    random_model.fill(model, rng)
    model.save_pretrained(folder)


def attach(score, what, student, adapter):
    """check_adapter's, and PEFT's words."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", FutureWarning)
        model = check_adapter.attach(score, what, student, adapter)
    new = sorted({text for w in said if not any(known in (text := str(w.message)) for known in EXPECTED)})
    score.expect(f"{what}, PEFT has nothing to say", not new, "; ".join(new))
    return model


def transfer(score, what, teacher, student, folder):
    """The report of a transfer, None after an error; the models, samples and adapter are in the folder."""
    folder.mkdir()
    for role, (name, config) in (("teacher", teacher), ("student", student)):
        build(name, config, folder / role)
    samples = random_model.samples((21, 34, 9), min(teacher[1]["vocab_size"], student[1]["vocab_size"]), torch.Generator().manual_seed(7))
    (folder / "seeds.jsonl").write_text("".join(json.dumps(s) + "\n" for s in samples))
    try:
        report = check_transfer.run(folder, folder / "adapter", "--rank", RANK)
        command.run("verify", "--model", folder / "student", folder / "adapter")
    except RuntimeError as err:
        score.expect(f"{what}, transfer", False, str(err))
        return None, samples
    return report, samples


def within(score, name, folder):
    larger, smaller = PAIRS[name]
    report, _ = transfer(score, name, (name, larger), (name, smaller), folder)
    if report:
        start = check_adapter.logits(check_adapter.load(folder / "student"))
        model = attach(score, name, check_adapter.load(folder / "student"), folder / "adapter")
        check_adapter.trains_and_merges(score, name, model, start)


def cross(score, name, teacher, student, folder):
    report, samples = transfer(score, name, teacher, student, folder)
    if not report:
        return
    models = [check_adapter.load(folder / role) for role in ("teacher", "student")]
    factors = check_transfer.start_of_plain(score, name, check_transfer.factors(folder / "adapter"), RANK)
    across.compare(score, name, *models, samples, report, factors)
    start = check_adapter.logits(models[1])
    model = attach(score, name, models[1], folder / "adapter")
    score.within(f"{name}, starts from the student", check_adapter.distance(check_adapter.logits(model), start), check_adapter.START)
    check_adapter.train(model, 1)
    moved = check_adapter.distance(check_adapter.logits(model), start)
    score.expect(f"{name}, one step moves the logits", moved > 10 * check_adapter.START, f"by {moved:.1e}")


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    score, pairs = command.Score(), crossings()
    with tempfile.TemporaryDirectory() as scratch:
        for i, name in enumerate(sys.argv[1:] or [*PAIRS, *pairs]):
            folder = pathlib.Path(scratch) / str(i)
            if name in PAIRS:
                within(score, name, folder)
            else:
                cross(score, name, *pairs[name], folder)
    score.close()


if __name__ == "__main__":
    main()
