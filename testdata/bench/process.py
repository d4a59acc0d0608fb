"""Runs a command; prints its wall seconds, processor seconds and peak memory in MB, as JSON.

A program of its own: Linux counts what the process that starts a command has in memory as
the command's, so that one must be small, and import no torch.
"""

import json
import os
import subprocess
import sys
import time

began = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
print(json.dumps({"wall": time.perf_counter() - began, "cpu": usage.ru_utime + usage.ru_stime, "peak": peak}))
sys.exit(process.returncode)
