"""Compares what `nugget eval` and `nugget generate` let models say with transformers.

    python check_generate.py MODELS [--tokens 64]

Of tiny models of many families, with each way to attend and to tell positions, the tokens
behind beginnings of their samples are transformers'.

Of SmolLM2 20 prompts, texts to be continued and questions in the model's chat template, with and
without a LoRA adapter of PEFT's: every greedy token is transformers', prompts one by one and
side by side; of the text, the tokens that end it, and the number of the prompt's tokens
likewise. The log-likelihoods of options are torch's to 1e-4, relative where they are larger than one.

Transformers runs the prompts side by side in float32. Where two of its logits are closer
than 1e-4 of the largest, rounding decides between them, and either token is right; the
prompt is then compared up to there.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import command
import packages
import torch
import word_problems
from peft import LoraConfig, PeftModel, get_peft_model

TINY = pathlib.Path(__file__).resolve().parent.parent / "tiny"
sys.path.append(str(TINY))
import make  # noqa: E402

TIE, LIKELIHOOD = 1e-4, 1e-4

TEXTS = [
    "The capital of France is",
    "Once upon a time there was a small",
    "def fibonacci(n):\n",
    "1, 1, 2, 3, 5, 8,",
    "The three states of matter are",
    "Water boils at",
    "  Leading spaces,  double spaces",
    "Ein kurzer Satz auf Deutsch:",
    "Les élèves étaient très",
    "Emoji 🙂 and naïve",
    "Q: What is 7 times 8?\nA:",
    "# A list of fruits\n- apple\n-",
    "x",
]


def write_prompts(path):
    """13 texts and 7 conversations, as lines for nugget and as (text or messages)."""
    problems = word_problems.write(path.with_suffix(".problems"), 7)
    conversations = [json.loads(line)["messages"] for line in open(problems, encoding="utf-8")]
    lines = [{"prompt": text} for text in TEXTS] + [{"messages": m} for m in conversations]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return TEXTS + [m[:-1] for m in conversations]


def encode(tokenizer, prompt):
    if isinstance(prompt, str):
        return tokenizer(prompt).input_ids
    return tokenizer(tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True), add_special_tokens=False).input_ids


def ends(model):
    end = model.generation_config.eos_token_id
    return end if isinstance(end, list) else [end]


VARIANTS = [
    "plain", "tied", "gqa", "mistral-window", "rope-dynamic", "rope-llama3", "rope-yarn", "phi3-longrope", "mixtral", "mixtral-window",
    "qwen2-window", "qwen3", "qwen3-moe", "gemma2", "gemma3", "gpt2", "gptj", "gptneox", "bloom", "falcon", "mpt", "opt", "phi", "cohere2",
    "olmo2", "olmo3", "glm4", "stablelm", "starcoder2", "smollm3", "granite", "exaone4", "gguf-llama3",
]
TINY_TOKENS = 24
TABLES = {"gpt2", "gptj", "opt"}  # of positions, behind whose end transformers fails


def tiny(score, scratch):
    """Models without a tokenizer; the prompts end at the first label that counts."""
    for name in VARIANTS:
        folder = TINY / name
        samples = [json.loads(line) for line in open(folder / "samples.jsonl")]
        ids = [s["input_ids"][:n] for s in samples for n in (3, len(s["input_ids"]) // 2 + 1)]
        data = scratch / "tiny.jsonl"
        data.write_text("".join(json.dumps({"input_ids": [*p, 0], "labels": [-100] * len(p) + [0]}) + "\n" for p in ids))
        model = make.load(folder)
        want, sure = [], []
        for p in ids:
            # Side by side transformers pads on the left, which ALiBi and windows see.
            if name == "rope-dynamic":
                model = make.load(folder)  # it remembers the longest sequence, nugget does not
            room = model.config.max_position_embeddings - len(p) if name in TABLES else TINY_TOKENS
            said, certain = greedy(model, [p], min(TINY_TOKENS, room))
            want, sure = want + said, sure + certain
        path = folder / "model.gguf" if (folder / "model.gguf").exists() else folder
        got = said_by_nugget(data, scratch, "--backend", "go", "--quiet", "--model", path, "--max-tokens", TINY_TOKENS, "--batch-size", 4)
        wrong = [i for i, line in enumerate(got) if line["tokens"][: sure[i]] != want[i][: sure[i]]]
        detail = f"{sum(sure)} of {sum(map(len, want))} tokens compared"
        for i in wrong[:1]:
            detail += f"; prompt {i} of {len(ids[i])} tokens: {got[i]['tokens']} for {want[i]}"
        score.expect(f"{name}, tokens of {len(ids)} prompts", not wrong, detail)


def greedy(model, prompts, tokens):
    """Transformers' tokens behind each prompt, up to one that ends it, and how far each is
    beyond doubt."""
    longest = max(map(len, prompts))
    ids = torch.tensor([[0] * (longest - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
    with torch.no_grad():
        out = model.generate(input_ids=ids, attention_mask=mask, do_sample=False, max_new_tokens=tokens, pad_token_id=0,
                             return_dict_in_generate=True, output_logits=True)
    said, sure = [], []
    for i in range(len(prompts)):
        new = out.sequences[i, longest:].tolist()
        stop = next((k + 1 for k, t in enumerate(new) if t in ends(model)), len(new))
        said.append(new[:stop])
        margins = [two.values[0] - two.values[1] - TIE * step[i].abs().max() for step in out.logits for two in [step[i].topk(2)]]
        sure.append(next((k for k, m in enumerate(margins[:stop]) if m < 0), stop))
    return said, sure


def said_by_nugget(data, scratch, *options):
    out = scratch / "said.jsonl"
    command.run("eval", "--generate", "--data", data, "--per-sample", out, "--force", *options)
    return [json.loads(line) for line in open(out, encoding="utf-8")]


def compare(score, what, got, prompts, want, sure, tokenizer):
    wrong = [i for i, line in enumerate(got) if line["tokens"][: sure[i]] != want[i][: sure[i]] or (sure[i] == len(want[i]) and line["tokens"] != want[i])]
    counted, ties = sum(sure), [i for i in range(len(want)) if sure[i] < len(want[i])]
    detail = f"{counted} of {sum(map(len, want))} tokens compared"
    if ties:
        detail += f", ties in prompts {ties}"
    for i in wrong[:2]:
        detail += f"; prompt {i}: {got[i]['tokens']} for {want[i]}"
    score.expect(f"{what}, tokens of {len(got)} prompts", not wrong and len(got) == len(want), detail)
    score.expect(f"{what}, tokens of the prompts", [line["prompt_tokens"] for line in got] == [len(p) for p in prompts])
    texts = [tokenizer.decode(prompts[i] + line["tokens"], skip_special_tokens=True)[len(tokenizer.decode(prompts[i], skip_special_tokens=True)):]
             for i, line in enumerate(got)]
    # A character whose last bytes are not there yet is U+FFFD in both.
    off = [i for i, line in enumerate(got) if line["text"] != texts[i]]
    score.expect(f"{what}, texts", not off, str([(got[i]["text"], texts[i]) for i in off[:1]]) if off else "")


def adapter(hf, folder):
    """A PEFT adapter that changes what is said, and says something yet."""
    rng = torch.Generator().manual_seed(4)
    model = get_peft_model(packages.load(hf, tokenizer=False)[0], LoraConfig(task_type="CAUSAL_LM", r=8, lora_alpha=12, target_modules=["q_proj", "v_proj", "down_proj"]))
    for name, p in model.named_parameters():
        if "lora_" in name:
            p.data = torch.randn(p.shape, generator=rng) * (p.shape[1] ** -0.5 if "lora_A" in name else 0.02)
    model.save_pretrained(folder)
    return folder


QUESTIONS = [
    {"prompt": "The capital of France is", "options": [" Paris", " Berlin", " a banana in the sky"], "answer": 0},
    {"prompt": "Water is made of hydrogen and", "options": [" oxygen.", " iron.", " nitrogen and gold."], "answer": 0},
    {"prompt": "Two plus two is ", "options": ["four", "five"], "answer": 0},
]


def choices(score, model, tokenizer, flags, scratch):
    data, out = scratch / "questions.jsonl", scratch / "chosen.jsonl"
    data.write_text("".join(json.dumps(q) + "\n" for q in QUESTIONS))
    report = json.loads(command.run("eval", "--json", "--data", data, "--per-sample", out, *flags))
    lines, right = [json.loads(line) for line in open(out)], 0
    worst = 0.0
    for q, line in zip(QUESTIONS, lines):
        want = []
        for option in q["options"]:
            # As lm-evaluation-harness cuts: a space at the context's end belongs to the option.
            context = q["prompt"].rstrip()
            whole, head = tokenizer(q["prompt"] + option).input_ids, tokenizer(context).input_ids
            with torch.no_grad():
                logs = model(input_ids=torch.tensor([whole])).logits[0].log_softmax(-1)
            want.append(sum(logs[k - 1, whole[k]].item() for k in range(len(head), len(whole))))
        right += max(range(len(want)), key=lambda i: want[i]) == q["answer"]
        worst = max(worst, *(abs(a - b) / max(abs(b), 1) for a, b in zip(line["log_likelihoods"], want)))
    score.within("choices, log-likelihoods", worst, LIKELIHOOD)
    score.expect("choices, accuracy", abs(report["accuracy"] - right / len(QUESTIONS)) < 1e-9, f"{report['accuracy']:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--tokens", type=int, default=64)
    args = parser.parse_args()
    _, hf = packages.smollm2(args.models)
    score = command.Score()
    fast = command.backends()[-1]
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        tiny(score, scratch)
        data = scratch / "prompts.jsonl"
        prompts = write_prompts(data)
        lora = adapter(hf, scratch / "adapter")
        model, tokenizer = packages.load(hf)
        ids = [encode(tokenizer, p) for p in prompts]
        flags = ["--backend", fast, "--model", hf, "--max-tokens", args.tokens, "--template", "chat"]
        plain, sure = greedy(model, ids, args.tokens)
        compare(score, "side by side", said_by_nugget(data, scratch, *flags, "--batch-size", 8), ids, plain, sure, tokenizer)
        compare(score, "one by one", said_by_nugget(data, scratch, *flags, "--batch-size", 1), ids, plain, sure, tokenizer)
        choices(score, model, tokenizer, flags[:4], scratch)
        text = command.run("generate", "--backend", fast, "--model", hf, "--max-tokens", 16, TEXTS[0])
        score.expect("generate", text == tokenizer.decode(ids[0] + plain[0][:16])[len(TEXTS[0]):] + "\n", repr(text))
        adapted, sure = greedy(PeftModel.from_pretrained(model, lora), ids, args.tokens)
        score.expect("the adapter changes what is said", sum(a != b for a, b in zip(adapted, plain)) > len(plain) // 2)
        flags += ["--adapter", lora]
        compare(score, "adapter, side by side", said_by_nugget(data, scratch, *flags, "--batch-size", 20), ids, adapted, sure, tokenizer)
        compare(score, "adapter, one by one", said_by_nugget(data, scratch, *flags, "--batch-size", 1), ids, adapted, sure, tokenizer)
    score.close()


if __name__ == "__main__":
    main()
