#!/usr/bin/env bash
# The demo: one whole transfer on the trained pair beside this file, then the same short
# fine-tuning twice, from the transferred adapter and from a new one.
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
printf '\nThe adapter starts at the student, so the last two are equal. Now the same fine-tuning from it and from plain LoRA:\n'

fine_tune() { # fine_tune NAME START...
	local name=$1
	shift
	run train --quiet --backend "$backend" --model "$demo/student" "$@" --data "$demo/train.jsonl" \
		--eval-data "$demo/heldout.jsonl" --epochs 1 --batch-size 16 --lr 1e-3 --out "$out-$name"
}

after() { # after NAME: the held-out loss that it ended with
	sed -n 's/.*"after": \([0-9.e-]*\).*/\1/p' "$out-$1/train.json"
}

rm -rf "$out-transferred" "$out-kaiming"
fine_tune transferred --adapter "$out"
fine_tune kaiming --init kaiming --rank 32

printf '\nHeld-out loss after the same 32 steps of 16 samples, with equal rank, modules and settings:\n'
awk -v a="$(after transferred)" -v b="$(after kaiming)" 'BEGIN {
	printf "  %-30s%.4f\n  %-30s%.4f\n", "from the transferred adapter", a, "from plain LoRA (kaiming)", b
	printf "%s is ahead by %.4f.\n", a < b ? "The transferred adapter" : "Plain LoRA", a < b ? b - a : a - b
}'
printf '\nThe adapters are in %s and %s.\n' "$out" "$out-transferred"
