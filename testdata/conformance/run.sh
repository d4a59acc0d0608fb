#!/usr/bin/env bash
# The conformance run: what nugget computes, against current torch, transformers,
# peft and tokenizers. A line a comparison; exit 1 if any failed.
# usage: NUGGET=path/to/nugget run.sh [CHECK ...]     CHECK: tiny, smollm2, ...
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

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
models=$cache/models
failed=()

check() { # check NAME COMMAND ARGUMENT...
	local name=$1 start=$SECONDS
	shift
	case " ${wanted[*]} " in "  " | *" $name "*) ;; *) return 0 ;; esac
	printf '\n--- %s\n' "$name"
	if "$@"; then
		printf 'passed: %s (%ss)\n' "$name" $((SECONDS - start))
	else
		printf 'FAILED: %s (%ss)\n' "$name" $((SECONDS - start))
		failed+=("$name")
	fi
}
wanted=("$@")

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

printf '\n'
if [ ${#failed[@]} -gt 0 ]; then
	echo "conformance: FAILED: ${failed[*]}"
	exit 1
fi
echo "conformance: all passed (${SECONDS}s)"
