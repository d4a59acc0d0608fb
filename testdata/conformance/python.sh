#!/usr/bin/env bash
# Prints the Python that has requirements.txt, in a virtual environment that it makes
# when there is none yet.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/nugget
hash=$(sha256sum <"$here/requirements.txt" 2>/dev/null || shasum -a 256 <"$here/requirements.txt")
venv=$cache/venv-${hash:0:12}
if [ ! -e "$venv/complete" ]; then
	rm -rf "$venv"
	mkdir -p "$cache"
	python3 -m venv "$venv" >&2
	"$venv/bin/python" -m pip install --quiet --requirement "$here/requirements.txt" >&2
	touch "$venv/complete"
fi
echo "$venv/bin/python"
