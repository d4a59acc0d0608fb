"""Notes what the Python package (safetensors 0.8, numpy, torch) makes of files.

    python make.py

cases.json       headers, good and bad: whether safe_open takes the file, and what it
                 then says is in it. The file is its length's 8 bytes, header, data.
types.safetensors  a tensor of every type that torch can write
types.json       the values of its float tensors, as float64 (NaN and infinities as text)
write.safetensors  what save_file makes of the tensors in safetensors_test.go
decoded.json     CRC-32 of all 65,536 F16 and BF16 values as float32, little-endian,
                 every NaN as 0x7FC00000
"""

import base64
import json
import os
import pathlib
import struct
import tempfile
import zlib

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np  # noqa: E402
import torch  # noqa: E402
from safetensors import safe_open  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

HERE = pathlib.Path(__file__).parent
A = '"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'


def one(dtype="F32", shape="[1]", offsets="[0,4]", name="a", more=""):
    return f'{{"{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}{more}}}}}'


def cases():
    """(name, header, data, the length that the file states or None)."""
    yield "plain", "{" + A + "}", b"1234", None
    yield "no tensors", "{}", b"", None
    yield "no tensors but data", "{}", b"1", None
    yield "space in front", " {" + A + "}", b"1234", None
    yield "space behind", "{" + A + "}  ", b"1234", None
    yield "newline behind", "{" + A + "}\n", b"1234", None
    yield "NUL behind", "{" + A + "}\0\0", b"1234", None
    yield "second value", "{" + A + "}{}", b"1234", None
    yield "array", "[]", b"", None
    yield "null", "null", b"", None
    yield "truncated JSON", "{" + A, b"1234", None
    yield "trailing comma", "{" + A + ",}", b"1234", None
    yield "byte order mark", "\ufeff{" + A + "}", b"1234", None
    yield "data too short", "{" + A + "}", b"123", None
    yield "data too long", "{" + A + "}", b"12345", None
    yield "length zero", "", b"", None
    yield "length beyond the file", "{}", b"", 3
    yield "length beyond the limit", "{}", b"", 100_000_001
    yield "length negative", "{}", b"", 2**64 - 1
    yield "length short of the header", "{" + A + "}", b"1234", 20
    yield "name twice, same range", "{" + A + "," + A + "}", b"1234", None
    yield "name twice", "{" + A + ',"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', b"12345678", None
    yield "dtype twice", one(more=',"dtype":"F32"'), b"1234", None
    yield "field of another name", one(more=',"x":[1,{"y":null}]'), b"1234", None
    yield "dtype in other case", '{"a":{"Dtype":"F32","shape":[1],"data_offsets":[0,4]}}', b"1234", None
    yield "no shape", '{"a":{"dtype":"F32","data_offsets":[0,4]}}', b"1234", None
    yield "no offsets", '{"a":{"dtype":"F32","shape":[1]}}', b"1234", None
    yield "tensor as array", '{"a":["F32",[1],[0,4]]}', b"1234", None
    yield "tensor as number", '{"a":1}', b"", None
    yield "metadata", '{"__metadata__":{"format":"pt","é":""},' + A + "}", b"1234", None
    yield "metadata null", '{"__metadata__":null,' + A + "}", b"1234", None
    yield "metadata empty", '{"__metadata__":{},' + A + "}", b"1234", None
    yield "metadata number", '{"__metadata__":{"a":1},' + A + "}", b"1234", None
    yield "metadata array", '{"__metadata__":[],' + A + "}", b"1234", None
    yield "metadata key twice", '{"__metadata__":{"a":"1","a":"2"},' + A + "}", b"1234", None
    yield "metadata twice", '{"__metadata__":{},"__metadata__":{},' + A + "}", b"1234", None
    yield "metadata as tensor", one(name="__metadata__"), b"1234", None
    yield "scalar", one(shape="[]"), b"1234", None
    yield "empty tensor", one(shape="[0]", offsets="[0,0]"), b"", None
    yield "empty tensor, huge axis behind", one(shape="[0,9223372036854775807,4]", offsets="[0,0]"), b"", None
    yield "empty tensor, overflow before", one(shape="[9223372036854775807,4,0]", offsets="[0,0]"), b"", None
    yield "overflow of elements", one(shape="[4294967296,4294967296]", offsets="[0,0]"), b"", None
    yield "overflow of bytes", one(shape="[4611686018427387904]", offsets="[0,0]"), b"", None
    yield "shape negative", one(shape="[-1]"), b"1234", None
    yield "shape minus zero", one(shape="[-0]", offsets="[0,0]"), b"", None
    yield "shape fraction", one(shape="[1.0]"), b"1234", None
    yield "shape exponent", one(shape="[1e0]"), b"1234", None
    yield "shape beyond 64 bits", one(shape="[18446744073709551617]"), b"1234", None
    yield "shape text", one(shape='["1"]'), b"1234", None
    yield "shape null", one(shape="null"), b"1234", None
    yield "shape and range differ", one(shape="[2]"), b"1234", None
    yield "offsets of three", one(offsets="[0,4,4]"), b"1234", None
    yield "offsets of one", one(offsets="[4]"), b"1234", None
    yield "offsets backwards", one(offsets="[4,0]"), b"1234", None
    yield "offsets beyond the data", one(offsets="[1000000000000,1000000000004]"), b"1234", None
    yield "hole in front", one(offsets="[4,8]"), b"12345678", None
    b = ',"b":{"dtype":"F32","shape":[1],"data_offsets":[%d,%d]}}'
    yield "hole between", "{" + A + b % (8, 12), b"123456789012", None
    yield "overlap", "{" + A + b % (2, 6), b"123456", None
    yield "same range", "{" + A + b % (0, 4), b"1234", None
    yield "any order of names", '{"z":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', b"12345678", None
    yield "not aligned", '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}', b"12345", None
    yield "name empty", one(name=""), b"1234", None
    yield "name of a surrogate pair", one(name="\\ud83d\\ude00"), b"1234", None
    yield "name of half a character", one(name="\\ud800"), b"1234", None
    yield "name not UTF-8", one(name="?").encode().replace(b"?", b"\xff"), b"1234", None
    yield "name with NUL", one(name="a\\u0000b"), b"1234", None
    for dtype, bits in [("BOOL", 8), ("U8", 8), ("I8", 8), ("F8_E5M2", 8), ("F8_E4M3", 8), ("F8_E8M0", 8), ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8),
                        ("U16", 16), ("I16", 16), ("F16", 16), ("BF16", 16), ("U32", 32), ("I32", 32), ("U64", 64), ("I64", 64), ("F64", 64),
                        ("C64", 64), ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("C128", 128), ("f32", 32), ("", 8)]:
        yield f"dtype {dtype}", one(dtype, "[4]", f"[0,{bits // 2}]"), b"x" * (bits // 2), None
    yield "dtype F4, half a byte", one("F4", "[3]", "[0,2]"), b"xx", None
    yield "dtype number", '{"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}}', b"1234", None


def verdict(name, header, data, length):
    header = header.encode() if isinstance(header, str) else header
    content = struct.pack("<Q", len(header) if length is None else length) + header + data
    out = {"name": name, "file": base64.b64encode(content).decode()}
    with tempfile.NamedTemporaryFile(suffix=".safetensors") as f:
        f.write(content)
        f.flush()
        try:
            with safe_open(f.name, "np") as s:
                tensors = [{"name": n, "dtype": s.get_slice(n).get_dtype(), "shape": s.get_slice(n).get_shape()} for n in sorted(s.keys())]
                return {**out, "tensors": tensors, "metadata": s.metadata()}
        except Exception as e:  # whatever it refuses the file with
            return {**out, "error": str(e)}


def types():
    floats = [0.0, -0.0, 1.0, -1.5, 65504.0, 6e-8, 1e-7, 3e38, 1e-40, float("inf"), float("-inf"), float("nan"), 1 / 3]
    tensors = {str(t).removeprefix("torch."): torch.tensor(floats, dtype=torch.float64).to(t) for t in [torch.float16, torch.bfloat16, torch.float32, torch.float64]}
    values = {k: [str(v) if v != v or abs(v) == float("inf") else v for v in t.double().tolist()] for k, t in tensors.items()}
    for t in [torch.float8_e4m3fn, torch.float8_e5m2]:
        tensors[str(t)] = torch.tensor([1.0, 2.0]).to(t)
    for t in [torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8, torch.uint16, torch.uint32, torch.uint64, torch.bool, torch.complex64]:
        tensors[str(t)] = torch.tensor([0, 1, 2]).to(t)
    save_file(tensors, HERE / "types.safetensors", metadata={"format": "pt"})
    (HERE / "types.json").write_text(json.dumps(values) + "\n")


def crc(values):
    bits = values.view(np.uint32).copy()
    bits[np.isnan(values)] = 0x7FC00000
    return zlib.crc32(bits.astype("<u4").tobytes())


def main():
    verdicts = [verdict(*c) for c in cases()]
    (HERE / "cases.json").write_text(json.dumps(verdicts, indent=0, ensure_ascii=False) + "\n")
    types()
    half = np.arange(65536, dtype=np.uint16)
    bfloat = torch.from_numpy(half.astype(np.int16)).view(torch.bfloat16).float().numpy()
    sums = {"F16": crc(half.view(np.float16).astype(np.float32)), "BF16": crc(bfloat)}
    (HERE / "decoded.json").write_text(json.dumps(sums) + "\n")
    save_file(
        {
            "base_model.model.b.lora_A.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 7,
            "base_model.model.a.lora_B.weight": torch.tensor([[-0.5], [3e38]]),
            "c": torch.tensor(1.25),
            "empty": torch.zeros(0, 4),
        },
        HERE / "write.safetensors",
        metadata={"format": "pt"},
    )


main()
