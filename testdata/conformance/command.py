"""Runs nugget, and keeps the score of a check: a line each, exit 1 if any failed."""

import json
import os
import subprocess
import sys

NUGGET = os.environ.get("NUGGET", "nugget")


def backends():
    """The backends to check: pure Go, and XLA where NUGGET_PJRT names its library."""
    library = os.environ.get("NUGGET_PJRT")
    return ["go"] + ([f"xla:{library}"] if library else [])


def label(backend):
    return backend.split(":")[0]


def run(*args):
    """The standard output of nugget; an end of this script with its errors if it fails."""
    done = subprocess.run([NUGGET, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"nugget {' '.join(map(str, args))}: exit {done.returncode}\n{done.stderr.strip()}")
    return done.stdout


def run_json(*args):
    return json.loads(run(*args))


class Score:
    """Passed and failed comparisons."""

    def __init__(self):
        self.failed = 0

    def expect(self, what, ok, detail=""):
        print(f"{'ok  ' if ok else 'FAIL'} {what}{': ' + detail if detail else ''}", flush=True)
        self.failed += not ok

    def within(self, what, got, allowed):
        """got is a distance; not a number is too far."""
        self.expect(what, bool(got <= allowed), f"{got:.1e} of {allowed:.0e}")

    def close(self):
        sys.exit(1 if self.failed else 0)
