"""Writes split/: the GGUF file of testdata/tiny/gguf in parts, by the Python package gguf
as llama.cpp's gguf-split does it with --no-tensor-first-split: the first part has the
metadata and no tensor.

    python make_split.py        (gguf 0.19)
"""

import pathlib

import gguf

HERE = pathlib.Path(__file__).parent
WHOLE = HERE.parents[2] / "testdata" / "tiny" / "gguf" / "model.gguf"
OF_THE_HEADER = ["GGUF.version", "GGUF.tensor_count", "GGUF.kv_count", "general.architecture"]  # the writer's own


def main():
    reader = gguf.GGUFReader(WHOLE)
    architecture = reader.fields["general.architecture"].contents()
    (HERE / "split").mkdir(exist_ok=True)
    writer = gguf.GGUFWriter(HERE / "split" / "model.gguf", architecture, split_max_tensors=8, small_first_shard=True)
    for key, field in reader.fields.items():
        if key not in OF_THE_HEADER:
            sub_type = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(key, field.contents(), field.types[0], sub_type=sub_type)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main()
