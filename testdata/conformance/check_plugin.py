"""Holds python_plugin.py, a plugin that knows nugget's contract by arch.proto alone, to
what plugins are held to, and to the Go plugin of the same models.

    NUGGET=bin/nugget python check_plugin.py

It passes `nugget plugins check`, on its own and about tiny checkpoints, whose modules
and losses are those that nugget-arch-llama gives. Its errors reach the user, and no
process of it is left.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import command

ROOT = pathlib.Path(__file__).resolve().parents[2]
TINY = ROOT / "testdata" / "tiny"
MODELS = [TINY / name for name in ("plain", "gqa", "mqa", "tied", "biases", "odd", "gelu", "gelu-tanh", "bf16", "sharded", "theta-top-level")]


def check(score, plugin, *models):
    about = f"{len(models)} models" if models else "no model"
    report = command.run_json("plugins", "check", "--json", plugin, *models)
    problems = [(r["check"], p) for r in report["results"] for p in r.get("problems", []) if not p.get("note")]
    score.expect(f"plugins check, {about}", report["sound"] and not problems, f"{len(report['results'])} checks {problems or ''}")
    described = [r for r in report["results"] if r["check"] == "description" and "family llama" in r.get("detail", "")]
    score.expect(f"plugins check describes, {about}", len(described) == max(len(models), 2), f"{len(described)}")


def compare(score, plugin, model):
    ours, theirs = (command.run_json("inspect", "--json", *args, model) for args in (["--plugin", plugin], []))
    for d in ours, theirs:
        d["plugin"].pop("path")
    score.expect(f"{model.name}: described by it", ours.pop("plugin")["name"] == "python" and theirs.pop("plugin")["name"] == "llama")
    score.expect(f"{model.name}: the same modules", ours == theirs, f"{len(ours['modules'])} modules")
    ours, theirs = (
        command.run_json("eval", "--json", "--backend", "go", *args, "--model", model, "--data", model / "samples.jsonl")["losses"]
        for args in (["--plugin", plugin], [])
    )
    far = max(abs(a - b) / abs(b) for a, b in zip(ours, theirs, strict=True))
    score.within(f"{model.name}: losses", far, 1e-6)


def refused(score, plugin, model, scratch):
    """What it cannot describe, it says."""
    for file in model.glob("model*"):
        (scratch / file.name).symlink_to(file)
    config = (model / "config.json").read_text().replace('"hidden_act": "silu"', '"hidden_act": "mish"')
    (scratch / "config.json").write_text(config)
    done = subprocess.run([command.NUGGET, "inspect", "--plugin", plugin, scratch], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    want = 'plugin nugget-arch-python: config.json: hidden_act is "mish", expected one of silu'
    score.expect("its errors arrive", done.returncode == 1 and want in done.stderr and not done.stdout, done.stderr.strip())


def running(name):
    lines = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            pass  # gone meanwhile
    return [line for line in lines if name in line]


def main():
    # The plugin's first line finds the Python that has what it needs.
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    score = command.Score()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        plugin = scratch / "nugget-arch-python"
        plugin.symlink_to(pathlib.Path(__file__).with_name("python_plugin.py").resolve())
        check(score, plugin)
        check(score, plugin, *MODELS)
        for model in MODELS:
            compare(score, plugin, model)
        (scratch / "odd").mkdir()
        refused(score, plugin, TINY / "plain", scratch / "odd")
        score.expect("no process is left", not running(str(plugin)))
    score.close()


if __name__ == "__main__":
    main()
