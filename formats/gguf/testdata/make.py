"""Writes the files beside it: GGUF files by gguf.GGUFWriter, and what the Python
package gguf decodes them to.

tensors.gguf       tensors of every type that is decoded, and of those that aren't, at
                   an alignment of 64
tensors.f32.gz     the decoded ones' float32, little-endian, one after the other in
                   the order of their names
half.f32.gz        the 65,536 binary16 numbers as float32
metadata.gguf      metadata of every type, no tensor
big.gguf           a big-endian file

Python quantises only some types. So every quantised type has a tensor "random.*" of
random bits, its scales random finite binary16 numbers (subnormal, zero, negative
and largest ones among them), and, where it can, a tensor "values.*" of quantised
numbers between 1e-8 and 1e4.

    python make.py        (gguf 0.19, numpy 2.4)
"""

import gzip
import pathlib

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGUFValueType as Value

HERE = pathlib.Path(__file__).parent
ROWS, COLUMNS = 3, 512

# Where the binary16 scales lie in a block.
SCALES = {
    "Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}  # fmt: skip
QUANTISED_BY_PYTHON = ["Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"]
LISTED = ["I8", "I16", "I32", "I64", "F64", "Q8_1", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL",
          "IQ3_S", "IQ2_S", "IQ4_XS", "IQ1_M", "TQ1_0", "TQ2_0", "MXFP4", "NVFP4", "Q1_0"]  # fmt: skip
EXTREME = [0.0, -0.0, 65504.0, -65504.0, 6e-8, -6e-8, 6.1e-5, 1.0]


def finite_halves(rng, n):
    bits = rng.integers(0, 1 << 16, n, dtype=np.uint16)
    bits = np.where(bits & 0x7C00 == 0x7C00, bits & 0xBFFF, bits)
    bits[: len(EXTREME)] = np.array(EXTREME, np.float16).view(np.uint16)[:n]
    return bits.astype("<u2")


def random_blocks(rng, name):
    block, size = gguf.GGML_QUANT_SIZES[Type[name]]
    n = ROWS * COLUMNS // block
    data = rng.integers(0, 256, (n, size), dtype=np.uint8)
    for at in SCALES.get(name, []):
        data[:, at : at + 2] = finite_halves(rng, n).view(np.uint8).reshape(n, 2)
    return data.reshape(ROWS, -1)


def values(rng):
    v = rng.standard_normal((ROWS, COLUMNS)) * 10.0 ** rng.uniform(-8, 4, (ROWS, COLUMNS // 32)).repeat(32, axis=1)
    v[0, 64:96] = 0
    v[1, 5] = 3e38
    return v.astype(np.float32)


def tensors():
    rng = np.random.default_rng(1)
    made = {}  # name: (data, type)
    for name in ["F32", "F16", "BF16", *QUANTISED_BY_PYTHON]:
        v = values(rng)
        if name != "F32" and name != "BF16":
            v = np.clip(v, -60000, 60000)
        made[f"values.{name}"] = gguf.quantize(v, Type[name]), Type[name]
    for name in SCALES:
        made[f"random.{name}"] = random_blocks(rng, name), Type[name]
    for name in LISTED:
        made[f"listed.{name}"] = random_blocks(rng, name), Type[name]
    made["shape.one"] = np.array([2.5], np.float32), Type.F32
    made["shape.four"] = rng.standard_normal((2, 3, 4, 32)).astype(np.float16), Type.F16
    return made


def write(name, tensors, setup=lambda w: None, **options):
    w = gguf.GGUFWriter(HERE / name, "test", **options)
    setup(w)
    for key, (data, kind) in tensors.items():
        w.add_tensor(key, data, raw_dtype=kind)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def expect(name, tensors):
    out = b""
    for key in sorted(tensors):
        data, kind = tensors[key]
        if not key.startswith("listed."):
            out += gguf.dequantize(data, kind).astype("<f4").tobytes()
    (HERE / name).write_bytes(gzip.compress(out, mtime=0))


def metadata(w):
    w.add_uint8("uint8", 255)
    w.add_int8("int8", -128)
    w.add_uint16("uint16", 65535)
    w.add_int16("int16", -32768)
    w.add_uint32("uint32", 4294967295)
    w.add_int32("int32", -2147483648)
    w.add_uint64("uint64", 18446744073709551615)
    w.add_key_value("int64", -9223372036854775808, Value.INT64)
    w.add_float32("float32", 0.1)
    w.add_float64("float64", 0.1)
    w.add_bool("false", False)
    w.add_bool("true", True)
    w.add_string("string", "naïve 🦙\n\0end")
    w.add_key_value("empty string", "", Value.STRING)
    for kind, numbers in {
        Value.UINT8: [0, 255], Value.INT8: [-128, 127], Value.UINT16: [0, 65535], Value.INT16: [-32768, 32767],
        Value.UINT32: [0, 4294967295], Value.INT32: [-2147483648, 2147483647], Value.UINT64: [0, 18446744073709551615],
        Value.INT64: [-9223372036854775808, 9223372036854775807], Value.FLOAT32: [0.1, float("inf")],
        Value.FLOAT64: [0.1, float("-inf")], Value.BOOL: [True, False, True], Value.STRING: ["", "a", "▁b"],
    }.items():  # fmt: skip
        w.add_key_value(f"array.{kind.name.lower()}", numbers, Value.ARRAY, sub_type=kind)
    w.add_key_value("array.nested", [[1, 2, 3], [4]], Value.ARRAY, sub_type=Value.ARRAY)
    w.add_key_value("array.deep", [[["x"], ["y", "z"]]], Value.ARRAY, sub_type=Value.ARRAY)


def main():
    made = tensors()
    write("tensors.gguf", made, lambda w: w.add_custom_alignment(64))
    expect("tensors.f32.gz", made)
    expect("half.f32.gz", {"F16": (np.arange(1 << 16, dtype=np.uint16).view(np.float16), Type.F16)})
    write("metadata.gguf", {}, metadata)
    write("big.gguf", {"t": (np.ones(4, np.float32), None)}, endianess=gguf.GGUFEndian.BIG)


main()
