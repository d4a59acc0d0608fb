#!/usr/bin/env bash
# nugget beside torch: bench.py says which cases there are.
# usage: NUGGET=path/to/nugget run.sh [--case 1] [--shape 7b] ...
#
# Takes what the conformance run takes: Python 3 with venv, and PyPI. NUGGET_PJRT names
# XLA's library, NUGGET_GSM_SEEDS real seeds.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export NUGGET=${NUGGET:-$here/../../bin/nugget}
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_PROGRESS_BARS=1 TQDM_DISABLE=1 TRANSFORMERS_VERBOSITY=error
export PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore::FutureWarning
python=$(bash "$here/../conformance/python.sh")
exec "$python" "$here/bench.py" "${XDG_CACHE_HOME:-$HOME/.cache}/nugget/models" "$@"
