"""Goldens of formats/chat: what transformers makes of real chat templates.

    python golden.py            writes golden.json and snippets.json beside this file
    python golden.py --check    compares them with the transformers that is installed

It needs transformers and jinja2 only; no model, no network. Templates are rendered by
transformers.utils.chat_template_utils.render_jinja_template, which is what
apply_chat_template calls; snippets, by the same Jinja environment. README.md says where
each template comes from.
"""

import datetime
import json
import pathlib
import re
import sys

import jinja2
from transformers.utils import chat_template_utils

HERE = pathlib.Path(__file__).parent
NOW = datetime.datetime(2024, 7, 26, 15, 4, 5)


class FixedClock(datetime.datetime):
    """strftime_now at one moment, so that the goldens don't change with the day."""

    @classmethod
    def now(cls, tz=None):
        return NOW


chat_template_utils.datetime = FixedClock

# Special tokens as the models' tokenizers name them.
TEMPLATES = {
    "smollm2": ("<|im_start|>", "<|im_end|>"),
    "smollm3": (None, "<|im_end|>"),
    "llama2": ("<s>", "</s>"),
    "llama3": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama3.1": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama3.2": ("<|begin_of_text|>", "<|eot_id|>"),
    "mistral-nemo": ("<s>", "</s>"),
    "gemma": ("<bos>", "<eos>"),
    "gemma3": ("<bos>", "<eos>"),
    "qwen2.5": (None, "<|im_end|>"),
    "qwen3": (None, "<|im_end|>"),
    "qwen3-training": (None, "<|im_end|>"),
    "zephyr": ("<s>", "</s>"),
    "phi3": ("<s>", "<|endoftext|>"),
}

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "Today's weather, <b>\"quoted\"</b> & caf\u00e9 \U0001f327",
            "parameters": {
                "type": "object",
                "properties": {
                    "place": {"type": "string", "description": "a town"},
                    "days": {"type": "integer", "default": 1, "minimum": 0.5},
                    "alerts": {"type": "array", "items": {"type": "string"}, "enum": []},
                },
                "required": ["place"],
                "strict": True,
                "extra": None,
            },
        },
    },
    {"type": "function", "function": {"name": "time", "description": "", "parameters": {}}},
]


def turns(text):
    """'s: be kind|u: hello|a: hi' as messages."""
    roles = {"s": "system", "u": "user", "a": "assistant", "t": "tool", "c": "critic"}
    return [{"role": roles[turn[0]], "content": turn[2:]} for turn in re.split(r"\|(?=[suatc]:)", text)]


CONVERSATIONS = {
    "user": (turns("u:What is 2+2?"), {}),
    "system and user": (turns("s:Answer briefly.|u:What is 2+2?"), {}),
    "one exchange": (turns("u:What is 2+2?|a:4"), {}),
    "several exchanges": (turns("u:Hi|a:Hello!|u:2+2?|a:It is 4.\n\nSure."), {}),
    "system and several exchanges": (turns("s:Be kind.|u:Hi|a:Hello!|u:2+2?|a:4|u:Thanks"), {}),
    "spaces around": (turns("s: \n be \t\n|u:  two  \n\n|a:\n\n four \r\n|u:\u00a0\u2003nbsp\u0085\x1c\ufeff"), {}),
    "blank contents": (turns("s:|u:|a: \n"), {}),
    "unicode": (turns("s:\u65e5\u672c\u8a9e\u3067|u:na\u00efve \u0645\u0631\u062d\u0628\u0627 \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2028 e\u0301|a:\U0001d54f \u00df \u0130 \x00\x7f"), {}),
    "markup": (turns("s:<b>&amp;</b>|u:{{ 1 }} {% if %} {# c #} 'q' \"d\" \\n \\|a:</s><|im_end|><eos>[/INST]"), {}),
    "user twice": (turns("u:one|u:two|a:three"), {}),
    "assistant first": (turns("a:Welcome.|u:Hi"), {}),
    "system late": (turns("u:Hi|a:Yo|s:Be formal.|u:Hi again"), {}),
    "system alone": (turns("s:Be formal."), {}),
    "unknown role": (turns("u:Hi|c:Weak.|u:Again"), {}),
    "tool role": (turns("u:Weather?|a:wait|t:sunny|t:22 degrees|a:It is sunny."), {}),
    "thinking": (
        turns("u:2+2?|a:<think>\nTwo and two.\n</think>\n\n4|u:3+3?|a:<think>\n\nThree.\n\n</think>\n\n\n6"),
        {},
    ),
    "thinking off": (turns("u:2+2?|a:4|u:3+3?"), {"enable_thinking": False}),
    "no messages": ([], {}),
    "tools": (turns("s:Be exact.|u:Rain?|a:Asking.|u:And now?"), {"tools": TOOLS}),
    "tools without system": (turns("u:Rain?"), {"tools": TOOLS, "tools_in_user_message": False}),
    "no tools left": (turns("u:Rain?"), {"tools": []}),
    "date": (turns("s:s|u:What day is it?"), {"date_string": "01 Jan 2030", "builtin_tools": ["brave", "code_interpreter"]}),
}


def failure(err):
    """What a failed rendering leaves: raise_exception's own message, else just the kind."""
    if type(err) is jinja2.exceptions.TemplateError:
        return {"raised": str(err)}
    return {"error": type(err).__name__}


def golden():
    results = {}
    for name, (bos, eos) in TEMPLATES.items():
        source = (HERE / "templates" / (name + ".jinja")).read_text()
        results[name] = render_all(source, bos, eos)
    return {
        "now": NOW.isoformat() + "Z",
        "conversations": {k: {"messages": m, "extra": e} for k, (m, e) in CONVERSATIONS.items()},
        "templates": results,
    }


def render_all(source, bos, eos):
    special = {k: v for k, v in (("bos_token", bos), ("eos_token", eos)) if v is not None}
    results = []
    for conversation, (messages, extra) in CONVERSATIONS.items():
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
    return {"bos": bos or "", "eos": eos or "", "results": results}


def snippets():
    """Each block of snippets.txt, rendered on its own with the same variables."""
    text = (HERE / "snippets.txt").read_text()
    variables = json.loads((HERE / "variables.json").read_text())
    results = []
    for source in text.split("\n=====\n"):
        case = {"source": source}
        try:
            compiled = chat_template_utils._compile_jinja_template(source)
            case["want"] = compiled.render(**json.loads(json.dumps(variables)))
        except Exception as err:
            case.update(failure(err))
        results.append(case)
    return results


def main():
    stale = []
    for name, value in (("golden.json", golden()), ("snippets.json", snippets())):
        text = json.dumps(value, ensure_ascii=True, indent=1) + "\n"
        path = HERE / name
        if "--check" not in sys.argv[1:]:
            path.write_text(text)
        elif path.read_text() != text:
            stale.append(name)
    if stale:
        sys.exit("not what transformers renders today: " + ", ".join(stale))


if __name__ == "__main__":
    main()
