"""Conversations as samples, in the template `nugget`.

The prompt is all messages but the last, the last is the assistant's, and only its
tokens count: the first len(prompt) labels are ignored.
"""

import json

from sensitivity import IGNORED


def text(messages, eos):
    """The conversation in the paper's template."""
    out = ""
    for m in messages:
        content = m["content"].strip()
        out += f"<|assistant|>\n{content}{eos}" if m["role"] == "assistant" else f"<|user|>\n{content}\n\n"
    return out


def sample(tokenizer, messages, max_length=2048):
    """Token ids and labels; special tokens as the tokenizer adds them."""
    ids = tokenizer(text(messages, tokenizer.eos_token)).input_ids[:max_length]
    prompt = tokenizer(text(messages[:-1], tokenizer.eos_token) + "<|assistant|>\n").input_ids
    labels = [IGNORED if i < len(prompt) else token for i, token in enumerate(ids)]
    return {"input_ids": ids, "labels": labels}


def samples(tokenizer, path):
    """The samples of a JSONL file of {"messages": [...]}."""
    with open(path, encoding="utf-8") as lines:
        return [sample(tokenizer, json.loads(line)["messages"]) for line in lines if line.strip()]
