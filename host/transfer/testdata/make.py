"""Windows of every structure and truncated SVDs, from numpy in float64.

    python make.py        (numpy 2.4, safetensors 0.8)

golden.safetensors: "s", "w" [40, 56]; for each structure "<structure>" [17, 23], what
is taken of w; "padded.<structure>" [47, 60], what is taken where the window is
larger than the matrix; "flat", "steep" [96, 140] and "<name>.product", the truncated SVD's
product of rank 12. golden.json: the sums and shares of the windows, and the energies.
"""

import json
import pathlib

import numpy as np
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent


def submatrix(s, n, m):
    sums = [(s[i : i + n, j : j + m].sum(), -i, -j) for i in range(len(s) - n + 1) for j in range(s.shape[1] - m + 1)]
    _, i, j = max(sums)
    return np.ix_(range(-i, n - i), range(-j, m - j))


def rows_columns(s, n, m):
    rows = np.argsort(-s.mean(axis=1), kind="stable")[:n]
    cols = np.argsort(-s.mean(axis=0), kind="stable")[:m]
    return np.ix_(np.sort(rows), np.sort(cols))


def neurons(s, n, m):
    places = np.sort(np.argsort(-s.ravel(), kind="stable")[: n * m])
    return np.unravel_index(places.reshape(n, m), s.shape)


STRUCTURES = {"submatrix": submatrix, "rows-columns": rows_columns, "neurons": neurons}


def main():
    rng = np.random.default_rng(1)
    s = rng.exponential(size=(40, 56)).astype(np.float32)
    s = np.floor(4 * s) / 4  # many are equal
    w = rng.normal(size=s.shape).astype(np.float32)
    tensors, numbers = {"s": s, "w": w}, {}
    wide = s.astype(np.float64)
    for name, choose in STRUCTURES.items():
        for prefix, shape in (("", (17, 23)), ("padded.", (47, 60))):
            n, m = min(shape[0], s.shape[0]), min(shape[1], s.shape[1])
            places = choose(wide, n, m)
            taken = np.zeros(shape, np.float32)
            taken[:n, :m] = w[places]
            tensors[prefix + name] = taken
            numbers[prefix + name] = {"sum": wide[places].sum(), "share": wide[places].sum() / wide.sum()}
    for name, decay in (("flat", 0), ("steep", 1.5)):
        x = (rng.normal(size=(96, 140)) * (1 + np.arange(96)[:, None]) ** -float(decay)).astype(np.float32)
        u, sigma, vt = np.linalg.svd(x.astype(np.float64), full_matrices=False)
        tensors[name] = x
        tensors[name + ".product"] = ((u[:, :12] * sigma[:12]) @ vt[:12]).astype(np.float32)
        numbers[name] = {"energy": (sigma[:12] ** 2).sum() / (sigma**2).sum()}
    save_file(tensors, HERE / "golden.safetensors")
    (HERE / "golden.json").write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    main()
