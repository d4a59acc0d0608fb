#!/usr/bin/env bash
# The demo: one whole transfer on the trained pair beside this file.
# usage: run.sh NUGGET [BACKEND]   (make demo calls it)
set -euo pipefail
nugget=$1
backend=${2:-go}
demo=$(dirname "$0")
out=$(dirname "$nugget")/demo-adapter

run() {
	printf '\n$ nugget %s\n' "$*"
	"$nugget" "$@"
}

rm -rf "$out" "$(dirname "$out")/.demo-adapter.transfer"
run transfer --backend "$backend" --teacher "$demo/teacher" --student "$demo/student" \
	--seeds "$demo/seeds.jsonl" --out "$out"
run verify --model "$demo/student" "$out"

printf '\nHeld-out loss (nats a token):\n'
for model in teacher student; do
	printf '  %-18s' "$model"
	"$nugget" eval --quiet --backend "$backend" --model "$demo/$model" --data "$demo/heldout.jsonl"
done
printf '  %-18s' "student + adapter"
"$nugget" eval --quiet --backend "$backend" --model "$demo/student" --adapter "$out" --data "$demo/heldout.jsonl"
printf '\nThe adapter starts at the student, so the last two are equal: fine-tune it with PEFT.\nIt is in %s\n' "$out"
