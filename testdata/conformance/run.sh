#!/usr/bin/env bash
# The conformance run: what nugget computes, against current torch, transformers,
# peft and tokenizers. A line a comparison; exit 1 if any failed.
# usage: NUGGET=path/to/nugget run.sh [CHECK ...]     CHECK: tiny, smollm2, ...
#        CHECKS_AT_ONCE=1 takes the checks one by one and shows their lines as they come.
#
# Takes Python 3 with venv, and PyPI. NUGGET_PJRT names XLA's library, NUGGET_GSM_SEEDS
# and NUGGET_STORIES real seeds and a real student; without them there are made ones.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export NUGGET=${NUGGET:-$here/../../bin/nugget}
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_PROGRESS_BARS=1 TQDM_DISABLE=1 TRANSFORMERS_VERBOSITY=error
export PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore::FutureWarning
cache=${XDG_CACHE_HOME:-$HOME/.cache}/nugget

python=$(bash "$here/python.sh")

# Two checks run side by side, because one keeps about one core busy: Python's imports,
# small models, files. A check's lines come when it and those before it are done.
# CHECKS_AT_ONCE=1 takes them one by one, where memory is short or one wants to look on.
at_once=${CHECKS_AT_ONCE:-2}
cores=$(getconf _NPROCESSORS_ONLN)
if [ "$at_once" -gt 1 ]; then # torch's threads would wait for each other's cores
	export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$((cores > at_once ? cores / at_once : 1))}
fi

scratch=$(mktemp -d)
models=$cache/models
wanted=("$@")
names=() pids=() told=0 failed=()
end() {
	for pid in $(jobs -pr); do kill -- "-$pid" 2>/dev/null || true; done
	rm -rf "$scratch"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

check() { # check NAME COMMAND ARGUMENT...
	case " ${wanted[*]} " in "  " | *" $1 "*) ;; *) return 0 ;; esac
	if [ "$at_once" -le 1 ]; then
		timed "$@" || failed+=("$1")
		return 0
	fi
	while [ "$(jobs -pr | wc -l)" -ge "$at_once" ]; do sleep 0.2; done
	tell
	set -m # a process group of its own, to be ended as a whole
	timed "$@" >"$scratch/$1.log" 2>&1 </dev/null &
	set +m
	names+=("$1") pids+=($!)
}

timed() { # timed NAME COMMAND ARGUMENT...
	local name=$1 start=$SECONDS
	shift
	printf '\n--- %s\n' "$name"
	if "$@"; then
		printf 'passed: %s (%ss)\n' "$name" $((SECONDS - start))
	else
		printf 'FAILED: %s (%ss)\n' "$name" $((SECONDS - start))
		return 1
	fi
}

tell() { # the lines of checks that are done, in order; tell all: of all, when they are
	local pid
	while [ "$told" -lt "${#pids[@]}" ]; do
		pid=${pids[told]}
		if [ "${1:-}" != all ] && jobs -pr | grep -qx "$pid"; then return; fi
		wait "$pid" || failed+=("${names[told]}")
		cat "$scratch/${names[told]}.log"
		told=$((told + 1))
	done
}

tokenizers() { # the real ones, and the small ones of the Go tests
	local file models_=()
	for file in "$here"/../../formats/tokenizer/testdata/*.json.gz; do
		local folder=$scratch/tokenizers/$(basename "$file" .json.gz)
		mkdir -p "$folder"
		# nugget opens whole models only.
		cp "$here"/../tiny/plain/{config.json,model.safetensors} "$folder"
		gzip -dc "$file" >"$folder/tokenizer.json"
		models_+=(--model "$folder")
	done
	"$python" "$here/check_tokenizers.py" --nugget "$NUGGET" --model "$models/smollm2-hf" \
		--model "$models/smollm2.gguf" --model "$models/gemma3.gguf" "${models_[@]}"
}

"$python" "$here/packages.py" "$models"
check tiny "$python" "$here/check_tiny.py"
check tokenizers tokenizers
check chat "$python" "$here/check_chat.py" "$models"
check transfer "$python" "$here/check_transfer.py"
check adapter "$python" "$here/check_adapter.py"
check plugin "$python" "$here/check_plugin.py"
check experts "$python" "$here/check_experts.py"
check verify "$python" "$here/check_verify.py"
check merge "$python" "$here/check_merge.py" "$models"
check generate "$python" "$here/check_generate.py" "$models"
check families "$python" "$here/check_families.py"
check real "$python" "$here/check_real.py" "$models"
check train "$python" "$here/check_train.py" "$models"
check trainer "$python" "$here/check_trainer.py"
check readme "$python" "$here/check_readme.py" "$models"
check smollm2 "$python" "$here/check_smollm2.py" "$models"
check bf16 "$python" "$here/check_bf16.py" "$models" "${NUGGET_STORIES:-$here/../demo/student}"
check gemma3 "$python" "$here/check_gemma3.py" "$models"
tell all

printf '\n'
if [ ${#failed[@]} -gt 0 ]; then
	echo "conformance: FAILED: ${failed[*]}"
	exit 1
fi
echo "conformance: all passed (${SECONDS}s)"
