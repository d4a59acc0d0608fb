"""Goldens of formats/chat: what transformers makes of real chat templates.

    python make.py                   writes golden.json.gz and snippets.json.gz beside it
    python make.py --check           compares them with the transformers that is installed
    python make.py --templates DIR   writes goldens of DIR's templates to standard output

It needs transformers and jinja2 only (5.24 and 3.1.6); no model, no network. Templates
are rendered by render_jinja_template, which is what apply_chat_template calls; the
lines of snippets.txt by the same Jinja environment. README.md says where the templates
come from.
"""

import argparse
import datetime
import gzip
import json
import pathlib
import sys

import conversations
import jinja2
from transformers.utils import chat_template_utils

HERE = pathlib.Path(__file__).parent
NOW = datetime.datetime(2024, 7, 6, 15, 4, 5, 6789)


class FixedClock(datetime.datetime):
    """strftime_now at one moment, so that the goldens don't change with the day."""

    @classmethod
    def now(cls, tz=None):
        return NOW


chat_template_utils.datetime = FixedClock

# bos_token and eos_token as the models' tokenizers name them; of others, stand-ins.
SPECIAL = {
    "smollm2": ("<|im_start|>", "<|im_end|>"),
    "smollm3": (None, "<|im_end|>"),
    "llama3": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama3.1": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama3.2": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama4": ("<|begin_of_text|>", "<|eot|>"),
    "gemma": ("<bos>", "<eos>"),
    "gemma3": ("<bos>", "<eos>"),
    "gemma4": ("<bos>", "<eos>"),
    "qwen2.5": (None, "<|im_end|>"),
    "qwen3": (None, "<|im_end|>"),
    "qwen3-training": (None, "<|im_end|>"),
    "qwen3.5": (None, "<|im_end|>"),
    "phi3": ("<s>", "<|endoftext|>"),
}


def failure(err):
    """What a failed rendering leaves: raise_exception's own message, else just the kind."""
    if type(err) is jinja2.exceptions.TemplateError:
        return {"raised": str(err)}
    return {"error": type(err).__name__}


def golden(folder):
    """What each template makes of each conversation, without and with a prompt at the end."""
    results = {}
    for path in sorted(folder.glob("*.jinja")):
        bos, eos = SPECIAL.get(path.stem, ("<s>", "</s>"))
        results[path.stem] = {"bos": bos or "", "eos": eos or "", "results": render_all(path.read_text(), bos, eos)}
    return {
        "now": NOW.isoformat() + "Z",
        "conversations": {name: {"messages": m, "extra": e} for name, (m, e) in conversations.CONVERSATIONS.items()},
        "templates": results,
    }


def render_all(source, bos, eos):
    special = {k: v for k, v in (("bos_token", bos), ("eos_token", eos)) if v is not None}
    results = []
    for conversation, (messages, extra) in conversations.CONVERSATIONS.items():
        for prompt in (False, True):
            case = {"conversation": conversation, "prompt": prompt}
            try:
                rendered, _ = chat_template_utils.render_jinja_template(
                    conversations=[messages],
                    chat_template=source,
                    add_generation_prompt=prompt,
                    **special,
                    **extra,
                )
                case["want"] = rendered[0]
            except Exception as err:  # the golden is that it fails
                case.update(failure(err))
            results.append(case)
    return results


def snippets():
    """Each line of snippets.txt, rendered on its own with the same variables."""
    variables = json.loads((HERE / "variables.json").read_text())
    results = []
    for line in (HERE / "snippets.txt").read_text().split("\n"):
        if not line or line.startswith("//"):
            continue
        source = line.replace("⏎", "\n").replace("␍", "\r").replace("·", " ")
        case = {"source": source}
        try:
            given = {"messages": [], "tools": None, "documents": None, "add_generation_prompt": False}
            given.update(json.loads(json.dumps(variables)))
            case["want"] = chat_template_utils._compile_jinja_template(source).render(**given)
        except Exception as err:
            case.update(failure(err))
        results.append(case)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--templates", type=pathlib.Path)
    args = parser.parse_args()
    if args.templates:
        json.dump(golden(args.templates), sys.stdout)
        return
    stale = []
    for name, value in (("golden.json.gz", golden(HERE / "templates")), ("snippets.json.gz", snippets())):
        text = json.dumps(value, indent=1).encode()
        path = HERE / name
        if not args.check:
            path.write_bytes(gzip.compress(text, mtime=0))
        elif gzip.decompress(path.read_bytes()) != text:
            stale.append(name)
    if stale:
        sys.exit("not what transformers renders today: " + ", ".join(stale))


if __name__ == "__main__":
    main()
