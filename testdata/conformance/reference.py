"""The method in float64, written from its formulas alone (arXiv 2310.11451): layers,
windows, factors. S comes from sensitivity.py; nothing here is nugget's.

A model is {"config": config.json as a dict, "weights": {tensor: array},
"s": {tensor: array}, "scores": [S of each layer]}; a student needs no "s".
"""

import json

import numpy as np

ATTENTION = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"]
FFN = ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
EMBEDDINGS = ["model.embed_tokens", "lm_head"]


def choose_layers(scores, count, how="sensitivity"):
    """The teacher's layers for the student's, in index order; a teacher with fewer is
    spread evenly."""
    indices = list(range(len(scores)))
    if len(scores) < count:
        return [k * len(scores) // count for k in range(count)]
    if how == "sensitivity":
        indices.sort(key=lambda i: -scores[i])
    elif how == "last":
        indices = indices[len(scores) - count :]
    return sorted(indices[:count])


def window_sums(s, rows, cols):
    """The sum of S over the rows x cols block at every place, in float64."""
    whole = np.zeros((s.shape[0] + 1, s.shape[1] + 1))
    whole[1:, 1:] = np.cumsum(np.cumsum(np.asarray(s, np.float64), axis=0), axis=1)
    return whole[rows:, cols:] - whole[:-rows, cols:] - whole[rows:, :-cols] + whole[:-rows, :-cols]


def window(s, rows, cols):
    """The first place in row-major order with the largest sum, the sum, and how far
    ahead of all other places it is, relatively."""
    sums = window_sums(s, rows, cols)
    row, col = np.unravel_index(np.argmax(sums), sums.shape)
    others = np.delete(sums.ravel(), np.argmax(sums))
    margin = 1 - others.max() / sums[row, col] if others.size else 1.0
    return int(row), int(col), float(sums[row, col]), float(margin)


def highest(values, count):
    """The indices of the highest values, the first of equal ones, in index order."""
    return np.sort(np.argsort(-np.asarray(values, np.float64), kind="stable")[:count])


def take(s, w, rows, cols, structure="submatrix"):
    """What is taken of a matrix for a rows x cols one: the place (None if there is no one
    place), its S, its weights, and how clear the choice is, relatively."""
    if structure == "submatrix":
        row, col, _, margin = window(s, rows, cols)
        block = np.s_[row : row + rows, col : col + cols]
        return (row, col), s[block], w[block], margin
    if structure == "rows-columns":
        means = [s.mean(axis=1, dtype=np.float64), s.mean(axis=0, dtype=np.float64)]
        block = np.ix_(*(highest(m, n) for m, n in zip(means, (rows, cols))))
        return None, s[block], w[block], min(gap(m, n) for m, n in zip(means, (rows, cols)))
    places = highest(s.ravel(), rows * cols)
    return None, s.ravel()[places], w.ravel()[places].reshape(rows, cols), gap(s.ravel(), rows * cols)


def gap(values, count):
    """How far the last of the highest is ahead of the next, relatively."""
    ordered = -np.sort(-np.asarray(values, np.float64))
    if count == len(ordered) or ordered[count - 1] == 0:
        return 1.0  # all are taken, or of equal zeros the first
    return float(1 - ordered[count] / ordered[count - 1])


def factors(w, rank):
    """B [n, rank] and A [rank, m] of the truncated SVD, and the energy that they keep:
    all of Sigma in B, the largest entry of each row of A positive."""
    u, sigma, vt = np.linalg.svd(np.asarray(w, np.float64), full_matrices=False)
    b, a = u[:, :rank] * sigma[:rank], vt[:rank]
    signs = np.sign(a[np.arange(len(a)), np.abs(a).argmax(axis=1)])
    return b * signs, a * signs[:, None], float((sigma[:rank] ** 2).sum() / (sigma**2).sum())


def same_embeddings(teacher, student):
    """Whether embeddings are transferred: both untied, with the same number of rows."""
    configs = teacher["config"], student["config"]
    return not any(c["tie_word_embeddings"] for c in configs) and configs[0]["vocab_size"] == configs[1]["vocab_size"]


def pairs(teacher, student, layers, modules="all"):
    """(student's module, teacher's module) of everything that is transferred."""
    kinds = {"all": ATTENTION + FFN, "attention": ATTENTION, "ffn": FFN, "embeddings": []}[modules]
    found = [(f"model.layers.{k}.{m}", f"model.layers.{layer}.{m}") for k, layer in enumerate(layers) for m in kinds]
    if modules in ("all", "embeddings") and same_embeddings(teacher, student):
        found += [(m, m) for m in EMBEDDINGS]
    return found


def oriented(module, matrix):
    """A matrix as windows see it: the input embedding as [d, vocab]."""
    return matrix.T if module == "model.embed_tokens" else matrix


def transfer(teacher, student, rank=16, layers="sensitivity", modules="all", structure="submatrix"):
    """The chosen layers, and by the student's module: the teacher's module, the window
    and the factors. Where the teacher is smaller, zeros lie behind what it has."""
    chosen = choose_layers(teacher["scores"], student["config"]["num_hidden_layers"], layers)
    out = {}
    for to, source in pairs(teacher, student, chosen, modules):
        s = oriented(source, teacher["s"][source + ".weight"])
        w = oriented(source, teacher["weights"][source + ".weight"])
        whole = oriented(to, student["weights"][to + ".weight"]).shape
        rows, cols = min(whole[0], s.shape[0]), min(whole[1], s.shape[1])
        place, taken_s, taken_w, margin = take(s, w, rows, cols, structure)
        padded = np.zeros(whole)
        padded[:rows, :cols] = taken_w
        b, a, energy = factors(padded, rank)
        total = float(taken_s.sum(dtype=np.float64))
        where = {"rows": rows, "cols": cols, "sum": total, "share": total / float(s.sum(dtype=np.float64))}
        if place:
            where |= {"row": place[0], "col": place[1]}
        out[to] = {"teacher": source, "window": where, "margin": margin, "energy": energy, "B": b, "A": a}
    return chosen, out


def read_model(folder, samples=None):
    """A HuggingFace folder as a model; with samples also its S, and the losses."""
    import packages
    import sensitivity

    model, _ = packages.load(folder, tokenizer=False)
    out = {
        "config": json.loads((folder / "config.json").read_text()),
        "weights": {k: v.detach().double().numpy() for k, v in model.named_parameters()},
    }
    if samples is not None:
        out["losses"], s = sensitivity.measure(model, samples)
        out["scores"] = sensitivity.layer_scores(s)
        out["s"] = {k: v.numpy() for k, v in s.items()}
    return out
