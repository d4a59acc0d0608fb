"""Runs the commands of README.md that need real models, as they are written there.

    python check_readme.py MODELS

The other ones are run by Go's tests. MODELS is the folder that packages.py filled.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

import command

ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCE = "```sh conformance\n"


def blocks(page):
    """What is between the fences, a text each."""
    return [part.split("```")[0] for part in page.split(FENCE)[1:]]


def main(models):
    score = command.Score()
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    found = blocks(page)
    score.expect("README.md has commands for real models", len(found) > 0)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        (scratch / "models").symlink_to(pathlib.Path(models).resolve())
        (scratch / "testdata").symlink_to(ROOT / "testdata")
        environment = dict(os.environ, PATH=f"{pathlib.Path(command.NUGGET).resolve().parent}:{os.environ['PATH']}")
        environment["GOMLX_BACKEND"] = command.backends()[-1]
        for block in found:
            for line in block.replace("\\\n", " ").splitlines():
                line = line.split(" #")[0].strip()
                if not line or line.startswith("#"):
                    continue
                begun = time.monotonic()
                done = subprocess.run(["bash", "-c", line], cwd=scratch, env=environment, capture_output=True, text=True)
                detail = f"{time.monotonic() - begun:.0f} s" if done.returncode == 0 else done.stderr.strip()
                score.expect(" ".join(line.split()), done.returncode == 0, detail)
    score.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
