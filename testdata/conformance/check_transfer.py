"""Compares `nugget transfer` with the method's float64 reimplementation in reference.py.

    python check_transfer.py [PAIR ...] [--rng-seed 1]

On every pair of testdata/transfer, as committed and with other weights, for each case
there: chosen layers and windows are equal, sums, shares and energies within 1e-4,
products B A within 1e-3 relative Frobenius of numpy's exact SVD. A has orthonormal
rows, the largest entry of each positive, in the order of falling singular values. With
other weights also the ablations of structure, a smaller teacher, and random choices.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import command
import numpy as np
import reference
import sensitivity
from safetensors.numpy import load_file

PAIRS = pathlib.Path(__file__).resolve().parent.parent / "transfer"
sys.path.append(str(PAIRS))
import make  # noqa: E402

SUMS, PRODUCTS, ORTHONORMAL = 1e-4, 1e-3, 1e-4


def factors(folder):
    """{module: (B, A)} of an adapter."""
    out = {}
    for key, value in load_file(folder / "adapter_model.safetensors").items():
        path, kind = key.removeprefix("base_model.model.").split(".lora_")
        out.setdefault(path, {})[kind.removeprefix("embedding_")[0]] = value.astype(np.float64)
    return {path: (f["B"], f["A"]) for path, f in out.items()}


def relative(got, want):
    """Relative Frobenius distance."""
    return float(np.linalg.norm(got - want) / np.linalg.norm(want))


def faults_of_factors(b, a):
    """How far the rows of A are from orthonormal, and what else is wrong."""
    largest = a[np.arange(len(a)), np.abs(a).argmax(axis=1)]
    sigma = np.linalg.norm(b, axis=0)
    wrong = []
    if not (largest > 0).all():
        wrong.append("a row's largest entry is negative")
    if not (sigma[:-1] >= sigma[1:] * (1 - 1e-4)).all():
        wrong.append("singular values do not fall")
    return float(np.abs(a @ a.T - np.eye(len(a))).max()), wrong


def run(folder, out, *arguments):
    """transfer.json of a run on a pair."""
    options = ["--teacher", folder / "teacher", "--student", folder / "student", "--seeds", folder / "seeds.jsonl"]
    command.run("transfer", "--backend", "go", *options, "--out", out, *arguments)
    return json.loads((out / "transfer.json").read_text())


def windows(modules):
    """The whole numbers of every module's window; row and col are None where it does not hang together."""
    return {m["path"]: (m["teacher"], *(m["window"].get(k) for k in ("row", "col", "rows", "cols"))) for m in modules}


def compare(score, what, report, start, layers, want):
    """One case: the report and the starting factors {module: (B0, A0)} against the reference."""
    score.expect(f"{what}, layers", report["layers"] == layers, f"{report['layers']} for {layers}")
    mine = windows(report["modules"])
    theirs = windows([{"path": path, **m} for path, m in want.items()])
    differ = {path: (mine.get(path), theirs.get(path)) for path in mine.keys() | theirs.keys() if mine.get(path) != theirs.get(path)}
    score.expect(f"{what}, {len(theirs)} windows", not differ, f"differ: {differ}" if differ else "")
    if differ or start.keys() != want.keys():
        score.expect(f"{what}, modules of the adapter", start.keys() == want.keys(), str(sorted(start.keys() ^ want.keys())))
        return
    off = [0.0]
    for m in report["modules"]:
        w = want[m["path"]]
        off += [abs(m["window"][k] / w["window"][k] - 1) for k in ("sum", "share")] + [abs(m["energy"] / w["energy"] - 1)]
    score.within(f"{what}, sums, shares, energies", max(off), SUMS)
    score.within(f"{what}, products", max(relative(start[path][0] @ start[path][1], w["B"] @ w["A"]) for path, w in want.items()), PRODUCTS)
    checked = [faults_of_factors(*start[path]) for path in want]
    score.within(f"{what}, orthonormal rows of A", max(c[0] for c in checked), ORTHONORMAL)
    wrong = sorted({w for c in checked for w in c[1]})
    score.expect(f"{what}, signs and order", not wrong, "; ".join(wrong))


def start_of_plain(score, what, adapter, rank):
    """(B0, A0) of B' = [B0 | 0], A' = [0 ; A0]."""
    zero = all(not b[:, rank:].any() and not a[:rank].any() and b.shape[1] == a.shape[0] == 2 * rank for b, a in adapter.values())
    score.expect(f"{what}, plain start is zero", zero)
    return {path: (b[:, :rank], a[rank:]) for path, (b, a) in adapter.items()}


def check(score, name, folder, scratch, cases):
    teacher = reference.read_model(folder / "teacher", sensitivity.read_samples(folder / "seeds.jsonl"))
    student = reference.read_model(folder / "student")
    for case, (options, arguments) in cases.items():
        if options.get("modules") == "embeddings" and not reference.same_embeddings(teacher, student):
            continue
        layers, want = reference.transfer(teacher, student, **options)
        out, what = scratch / f"{name}-{case}", f"{name}, {case}"
        report = run(folder, out, *arguments, "--force")
        if case == "default":
            losses = np.abs(np.array(report["losses"]) / teacher["losses"] - 1).max()
            score.within(f"{what}, losses", float(losses), 1e-5)
        compare(score, what, report, start_of_plain(score, what, factors(out), options["rank"]), layers, want)
    layers, want = reference.transfer(teacher, student, rank=4)
    out = scratch / f"{name}-paper"
    report = run(folder, out, "--start", "paper", "--force", *cases["default"][1])
    init, negative = factors(out / "init"), factors(out / "negative")
    compare(score, f"{name}, paper", report, init, layers, want)
    opposite = init.keys() == negative.keys() and all(
        np.array_equal(b, negative[path][0]) and np.array_equal(a, -negative[path][1]) for path, (b, a) in init.items())
    score.expect(f"{name}, paper, negative is (B0, -A0)", opposite)


def check_random(score, name, folder, scratch):
    """Random layers and windows: valid, equal for an equal seed, others for another."""
    weights = reference.read_model(folder / "teacher")["weights"]
    seen = []
    for k, seed in enumerate((5, 5, 6)):
        out = scratch / f"{name}-random-{k}"
        report = run(folder, out, "--rank", "4", "--layers", "random", "--structure", "random", "--rng-seed", str(seed))
        seen.append((report["layers"], windows(report["modules"]), (out / "adapter_model.safetensors").read_bytes()))
    layers, places, _ = seen[0]
    score.expect(f"{name}, random, layers", layers == sorted(set(layers)) and set(layers) <= set(range(make.PAIRS[name.split()[0]][0]["num_hidden_layers"])))
    off = []
    for path, (b, a) in factors(scratch / f"{name}-random-0").items():
        teacher, row, col, rows, cols = places[path]
        wb, wa, _ = reference.factors(reference.oriented(teacher, weights[teacher + ".weight"])[row : row + rows, col : col + cols], 4)
        off.append(relative(b[:, :4] @ a[4:], wb @ wa))
    score.within(f"{name}, random, products", max(off), PRODUCTS)
    score.expect(f"{name}, random, the seed decides", seen[0] == seen[1] and seen[0][1] != seen[2][1] and seen[0][2] != seen[2][2])


def check_golden(score, name, folder):
    """The committed goldens are what the reference gives today."""
    golden = json.loads((folder / "golden.json").read_text())
    fresh, products, _ = make.solve(folder)
    same = all(a["layers"] == b["layers"] and windows(a["modules"]) == windows(b["modules"]) for a, b in zip(golden["cases"], fresh["cases"]))
    kept = load_file(folder / "golden.safetensors")
    score.expect(f"{name}, committed goldens", same and max(relative(products[k], v) for k, v in kept.items()) < 1e-5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pair", nargs="*")
    parser.add_argument("--rng-seed", type=int, default=1)
    args = parser.parse_args()
    score = command.Score()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        for name in args.pair or make.PAIRS:
            check_golden(score, name, PAIRS / name)
            check(score, name, PAIRS / name, scratch, make.CASES)
            cases = make.CASES | make.ABLATIONS
            make.make_clear(name, scratch / name, args.rng_seed, cases)
            check(score, f"{name} anew", scratch / name, scratch, cases)
            check_random(score, f"{name} anew", scratch / name, scratch)
        if not args.pair:
            cases = {case: (options, [*arguments, "--allow-smaller"]) for case, (options, arguments) in (make.CASES | make.ABLATIONS).items()}
            make.make_clear("smaller", scratch / "smaller", args.rng_seed, cases)
            check(score, "smaller", scratch / "smaller", scratch, cases)
    score.close()


if __name__ == "__main__":
    main()
