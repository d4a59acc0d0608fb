"""Runs example_trainer.py on a transferred adapter, as a user would.

    python check_trainer.py

The first loss is the student's own, by nugget; it falls; and nugget reads what PEFT saved.
"""

import pathlib
import subprocess
import sys
import tempfile

from transformers import AutoTokenizer

import command
import example_trainer

HERE = pathlib.Path(__file__).resolve().parent
DEMO = HERE.parent / "demo"
LOSS = 2e-4  # the losses are printed with four digits


def main():
    score = command.Score()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        data = scratch / "train.jsonl"
        # One batch, so that every step's loss is of the same samples.
        data.write_text("".join((DEMO / "train.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)[:8]), encoding="utf-8")
        command.run("transfer", "--teacher", DEMO / "teacher", "--student", DEMO / "student", "--seeds", DEMO / "seeds.jsonl", "--out", scratch / "adapter")
        done = subprocess.run([sys.executable, HERE / "example_trainer.py", DEMO / "student", scratch / "adapter", data],
                              cwd=scratch, check=True, capture_output=True, text=True)
        print(done.stdout, end="")
        losses = [float(x) for line in done.stdout.splitlines() if line.startswith("losses:") for x in line.split()[1:]]
        score.expect("5 steps", len(losses) == example_trainer.STEPS)

        def evaluate(*adapter):
            return command.run_json("eval", "--json", "--template", "chat", "--model", DEMO / "student", *adapter, "--data", data)["losses"]

        # The Trainer's loss is the mean over the tokens, nugget's one over the samples.
        tokenizer = AutoTokenizer.from_pretrained(DEMO / "student")
        tokens = [sum(label != -100 for label in example_trainer.encode(tokenizer, line)["labels"]) for line in data.open(encoding="utf-8")]

        def mean(values):
            return sum(v * n for v, n in zip(values, tokens)) / sum(tokens)

        start = evaluate()
        score.within("the first loss is the student's, by nugget", abs(losses[0] - mean(start)), LOSS)
        score.within("so is the adapter's", max(abs(a - b) for a, b in zip(evaluate("--adapter", scratch / "adapter"), start)), LOSS)
        score.expect("the loss falls", losses[-1] < losses[0] - 0.05, f"{losses[0]} to {losses[-1]}")
        trained = mean(evaluate("--adapter", scratch / "trained"))
        score.expect("nugget's loss of what PEFT saved is below the last step's", trained < losses[-1], f"{trained:.4f}")
    score.close()


if __name__ == "__main__":
    main()
