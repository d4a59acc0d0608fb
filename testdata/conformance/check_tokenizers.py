"""Compares `nugget tokenize` with the `tokenizers` package on thousands of strings.

    python check_tokenizers.py --nugget bin/nugget --model DIR_OR_GGUF ... [--strings 5000]

MODEL is a HuggingFace folder with a tokenizer.json, or a GGUF file, which
transformers converts. It exits 1 where any ids differ. (The script isn't called
tokenizers.py, because transformers would then import it for the package.)
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import corpus
from transformers import PreTrainedTokenizerFast


def reference(model):
    """The package's tokenizer, with the special tokens that the model's config asks for."""
    if model.is_dir():
        return PreTrainedTokenizerFast.from_pretrained(str(model)).backend_tokenizer
    return PreTrainedTokenizerFast.from_pretrained(str(model.parent), gguf_file=model.name).backend_tokenizer


def compare(nugget, model, strings):
    """The strings whose ids differ, with both."""
    want = reference(model)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as data:
        data.writelines(json.dumps({"text": s}) + "\n" for s in strings)
        data.flush()
        out = subprocess.run([nugget, "tokenize", "--model", str(model), "--data", data.name], check=True, stdout=subprocess.PIPE).stdout
    # Not splitlines: it would also split at U+2028 and its like.
    lines = [json.loads(line) for line in out.decode().split("\n") if line]
    if len(lines) != len(strings):
        sys.exit(f"{model}: {len(lines)} lines came back for {len(strings)} strings")
    pairs = ((s, line["ids"], want.encode(s).ids) for s, line in zip(strings, lines))
    return [p for p in pairs if p[1] != p[2]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nugget", default="nugget")
    parser.add_argument("--model", type=pathlib.Path, action="append", required=True)
    parser.add_argument("--strings", type=int, default=5000)
    args = parser.parse_args()
    strings = corpus.strings(args.strings)
    failed = False
    for model in args.model:
        wrong = compare(args.nugget, model, strings)
        print(f"{model}: {len(strings)} strings, {len(wrong)} with other ids")
        for text, got, want in wrong[:10]:
            print(f"  {text!r}\n    nugget     {got}\n    tokenizers {want}")
        failed |= bool(wrong)
    sys.exit(failed)


if __name__ == "__main__":
    main()
