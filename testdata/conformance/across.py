"""Transfers across families against the method's own formulas: which of the student's
maps get something, from which rows of which of the teacher's, and what."""

import re

import layer_maps
import numpy as np
import reference
import sensitivity
from transformers.pytorch_utils import Conv1D

SUMS, PRODUCTS = 1e-5, 1e-3
LAYER = re.compile(r"^(.*?\.)(\d+)\.(.+)$")


def linear_maps(model):
    """{layer: {path within the layer: (module's path, its Map, weight, whether that lies as [in, out])}}."""
    known, out = layer_maps.of(model.config.model_type), {}
    for path, module in model.named_modules():
        place = LAYER.match(path)
        if place and place[3] in known:
            out.setdefault(int(place[2]), {})[place[3]] = path, known[place[3]], module.weight, isinstance(module, Conv1D)
    return out


def parts(model, s):
    """{layer: {role: (module's path, the part's S, its weights)}}, [out, in]."""
    out = {}
    for layer, found in linear_maps(model).items():
        for path, kind, weight, turned in found.values():
            values = [np.asarray(x.detach().double()) for x in (s[f"{path}.weight"], weight)]
            values = [x.T if turned else x for x in values]
            for role, rows in kind.rows(model.config).items():
                out.setdefault(layer, {})[role] = path, values[0][rows], values[1][rows]
    return out


def compare(score, what, teacher, student, samples, report, adapter):
    """The report and the starting factors {path: (B0, A0)} of a transfer at rank r."""
    given = parts(teacher, sensitivity.measure(teacher, samples)[1])
    reported, expected, kinds = {m["path"]: m for m in report["modules"]}, set(), set()
    places, products = [], [0.0]
    for layer, found in sorted(linear_maps(student).items()):
        sources = given[report["layers"][layer]]
        for inner, (path, kind, weight, turned) in found.items():
            rows = kind.rows(student.config)
            if any(role not in sources for role in rows):
                kinds.add(inner)
                continue
            expected.add(path)
            if path not in reported:
                continue
            want = np.zeros(weight.shape[::-1] if turned else weight.shape)
            for role, where in rows.items():
                told = next((p for p in reported[path].get("parts", []) if p["part"] == role), reported[path])
                block, wrong = window(sources[role], told, want[where].shape)
                want[where] = block
                places += [f"{path}, {role}: {wrong}"] if wrong else []
            b, a, _ = reference.factors(want, adapter[path][0].shape[1])
            products.append(float(np.linalg.norm(adapter[path][0] @ adapter[path][1] - b @ a) / np.linalg.norm(b @ a)))
    expected |= embeddings(teacher, student)
    score.expect(f"{what}, {len(expected)} modules", reported.keys() == expected == adapter.keys(), str(sorted(reported.keys() ^ expected)[:4] or ""))
    score.expect(f"{what}, windows", not places, "; ".join(places[:3]))
    score.within(f"{what}, products", max(products), PRODUCTS)
    said = [line for line in report["left_out"] if not line.startswith("embeddings: ")]
    named = f"one line for each of {sorted(kinds)}" if kinds else "nothing is left out"
    score.expect(f"{what}, {named}", len(said) == len(kinds) and all(any(kind in line for line in said) for kind in kinds), str(said))


def window(source, told, shape):
    """The teacher's block that was taken, and what is wrong with the choice."""
    path, s, w = source
    row, col = told["window"]["row"], told["window"]["col"]
    block = w[row : row + shape[0], col : col + shape[1]]
    if told["teacher"] != path or block.shape != shape:
        return np.zeros(shape), f"{block.shape} of {told['teacher']} for {shape} of {path}"
    sums = reference.window_sums(s, *shape)
    off = 1 - sums[row, col] / sums.max()
    return block, f"the best window has {off:.1e} more" if off > SUMS else ""


def embeddings(teacher, student):
    """The paths of the student's embeddings that are transferred."""
    models = (teacher, student)
    if any(m.get_input_embeddings().weight is m.get_output_embeddings().weight for m in models) or teacher.config.vocab_size != student.config.vocab_size:
        return set()
    ends = (student.get_input_embeddings(), student.get_output_embeddings())
    return {path for path, module in student.named_modules() if module in ends}
