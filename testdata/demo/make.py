"""Makes the demo pair beside this file: a tokenizer, a teacher, a student, and data.

    python make.py [teacher] [student] [--out DIR] [--steps 3000]

Both are LLaMAs, trained here from nothing on tasks.py, in the template `nugget`. The
teacher is larger and half of what it sees are word problems; the student sees none,
only what goes before them. It takes one core and is the same for every run on one
release of torch and kind of CPU.
"""

import argparse
import copy
import json
import math
import pathlib
import random
import sys
import time

import tokenizers
import torch
from tokenizers import decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

import tasks

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "conformance"))
import conversations  # noqa: E402
import sensitivity  # noqa: E402

VOCAB = 512
SPECIAL = ["<s>", "</s>", "<|user|>", "<|assistant|>"]
# The text of the template `nugget`, after the beginning of the sequence.
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'assistant' %}"
    "{{ '<|assistant|>\\n' + message['content'] | trim + eos_token }}{% else %}"
    "{{ '<|user|>\\n' + message['content'] | trim + '\\n\\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}"
)

TEACHER = {"hidden_size": 96, "intermediate_size": 288, "num_hidden_layers": 6, "num_attention_heads": 6, "num_key_value_heads": 3}
STUDENT = {"hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2}
BATCH = 32


def make_tokenizer(texts):
    """Byte-level BPE, digits one by one, <s> in front."""
    t = tokenizers.Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=VOCAB, special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 0)])
    return PreTrainedTokenizerFast(
        tokenizer_object=t, bos_token="<s>", eos_token="</s>", pad_token="</s>", additional_special_tokens=SPECIAL[2:],
        chat_template=CHAT_TEMPLATE, model_max_length=256, clean_up_tokenization_spaces=False)


def batch(samples):
    """Padded on the right; the padding has no label."""
    longest = max(len(s["input_ids"]) for s in samples)
    ids = torch.full((len(samples), longest), 1)
    labels = torch.full((len(samples), longest), sensitivity.IGNORED)
    for i, s in enumerate(samples):
        ids[i, : len(s["input_ids"])] = torch.tensor(s["input_ids"])
        # The prompt is learned as well, all but its first token.
        labels[i, 1 : len(s["input_ids"])] = torch.tensor(s["input_ids"][1:])
    return ids, labels


def train(dimensions, tokenizer, steps, task, seed, rate):
    """A model trained on the mix with that share of word problems."""
    torch.manual_seed(seed)
    model = LlamaForCausalLM(LlamaConfig(
        **dimensions, vocab_size=VOCAB, max_position_embeddings=256, rms_norm_eps=1e-5, head_dim=16, tie_word_embeddings=False,
        bos_token_id=0, eos_token_id=1, pad_token_id=None, initializer_range=0.6 / math.sqrt(dimensions["hidden_size"]),
        attn_implementation="sdpa"))
    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}], lr=rate, betas=(0.9, 0.98))
    warm = steps // 20
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda i: min((i + 1) / warm, 0.02 + 0.98 * (1 + math.cos(math.pi * i / steps)) / 2))
    rng, facts = random.Random(seed), tasks.world()
    start = time.time()
    for step in range(steps):
        samples = [conversations.sample(tokenizer, tasks.mix(rng, facts, task)["messages"]) for _ in range(BATCH)]
        ids, labels = batch(samples)
        scores = model(input_ids=ids, use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(scores[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"  step {step}: loss {loss.item():.3f}, {time.time() - start:.0f} s", file=sys.stderr, flush=True)
    return model.to(torch.bfloat16)


def evaluate(model, samples):
    """Mean loss, and the share of answers all of whose tokens are the likeliest."""
    model = copy.deepcopy(model).float().eval()
    losses, right = [], 0
    for s in samples:
        scores = sensitivity.logits(model, s)
        labels = torch.tensor(s["labels"][1:])
        losses.append(torch.nn.functional.cross_entropy(scores[:-1], labels, ignore_index=sensitivity.IGNORED).item())
        right += bool(((scores[:-1].argmax(-1) == labels) | (labels == sensitivity.IGNORED)).all())
    return sum(losses) / len(losses), right / len(samples)


def write_lines(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="*", default=["student", "teacher"])
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    parser.add_argument("--steps", type=int, default=3000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    rng, facts = random.Random("data"), tasks.world()
    texts = [conversations.text(tasks.mix(rng, facts, 0.5)["messages"], "</s>") for _ in range(4000)]
    tokenizer = make_tokenizer(texts)
    held_out = [tasks.conversation(*tasks.word_problem(rng, held_out=True)) for _ in range(64)]
    write_lines(args.out / "seeds.jsonl", [tasks.conversation(*tasks.word_problem(rng)) for _ in range(32)])
    write_lines(args.out / "train.jsonl", [tasks.conversation(*tasks.word_problem(rng)) for _ in range(512)])
    write_lines(args.out / "heldout.jsonl", held_out)
    samples = [conversations.sample(tokenizer, c["messages"]) for c in held_out]
    for name in args.model:
        dimensions, task, seed, rate = {"student": (STUDENT, 0.0, 1, 4e-3), "teacher": (TEACHER, 0.5, 2, 3e-3)}[name]
        model = train(dimensions, tokenizer, args.steps, task, seed, rate)
        model.save_pretrained(args.out / name)
        (args.out / name / "generation_config.json").unlink(missing_ok=True)
        tokenizer.save_pretrained(args.out / name)
        loss, right = evaluate(model, samples)
        print(f"{name}: {sum(p.numel() for p in model.parameters())} parameters, held-out loss {loss:.4f}, {right:.0%} of the answers right", flush=True)


if __name__ == "__main__":
    main()
