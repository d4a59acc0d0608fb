"""Fine-tunes a student from what a teacher knew, with PEFT and transformers' Trainer.

    python example_trainer.py STUDENT ADAPTER DATA.jsonl

STUDENT is a HuggingFace folder, ADAPTER what `nugget transfer` made for it, DATA lines of
{"messages": [{"role", "content"}, ...]}. Nothing in here knows nugget.
"""

import json
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

STEPS = 5


def encode(tokenizer, line):
    """Ids and labels: only what the assistant says last counts."""
    messages = json.loads(line)["messages"]
    whole = tokenizer.apply_chat_template(messages, tokenize=False)
    prompt = tokenizer.apply_chat_template(messages[:-1], tokenize=False, add_generation_prompt=True)
    ids = tokenizer(whole, add_special_tokens=False)["input_ids"]
    length = len(tokenizer(prompt, add_special_tokens=False)["input_ids"])
    return {"input_ids": ids, "labels": [-100] * length + ids[length:]}


def collate(samples):
    """Pads to the longest on the right."""
    size = max(len(s["input_ids"]) for s in samples)

    def padded(key, filler):
        return torch.tensor([s[key] + [filler] * (size - len(s[key])) for s in samples])

    mask = [[1] * len(s["input_ids"]) + [0] * (size - len(s["input_ids"])) for s in samples]
    return {"input_ids": padded("input_ids", 0), "labels": padded("labels", -100), "attention_mask": torch.tensor(mask)}


def main(student, adapter, data):
    tokenizer = AutoTokenizer.from_pretrained(student)
    model = AutoModelForCausalLM.from_pretrained(student, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, adapter, is_trainable=True)
    model.print_trainable_parameters()

    with open(data, encoding="utf-8") as lines:
        samples = [encode(tokenizer, line) for line in lines]
    settings = TrainingArguments(
        output_dir="trained", max_steps=STEPS, per_device_train_batch_size=8, learning_rate=1e-3,
        lr_scheduler_type="constant", logging_steps=1, save_strategy="no", report_to=[], use_cpu=True,
        remove_unused_columns=False,
    )
    trainer = Trainer(model=model, args=settings, train_dataset=samples, data_collator=collate)
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    print("losses:", " ".join(f"{loss:.4f}" for loss in losses))

    messages = json.loads(open(data, encoding="utf-8").readline())["messages"][:-1]
    prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    inputs = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
    model.eval()
    said = model.generate(**inputs, max_new_tokens=20, do_sample=False)
    print("says:", repr(tokenizer.decode(said[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True)))

    model.save_pretrained("trained")  # a PEFT adapter again
    return losses


if __name__ == "__main__":
    main(*sys.argv[1:])
