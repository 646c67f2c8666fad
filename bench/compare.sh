#!/usr/bin/env bash
# Retort beside plain PyTorch on this machine: `retort bench train` and bench/pytorch_twin.py in turn, several rounds, and the median ratio of
# their images/s. Needs python3 with torch and torchvision (Debian: python3-torch, python3-torchvision), and a quiet machine.
# Usage: bench/compare.sh DATA METHOD:TEACHER:STUDENT...   as bench/compare.sh data/cifar10 kd:resnet20:resnet8 nst:resnet56:resnet20
#        bench/compare.sh DATA eval:MODEL...               the evaluation of the test images
# ROUNDS (default 5) and BATCHES (default 50) of each, PyTorch's after WARM_UP (default 10) more; PRECISION (auto, fp32, bf16 or several of them:
# "auto fp32") is Retort's; RETORT names another program to run than ./retort, PYTHON another python3, DEVICE (default cpu) where both compute.
# Both sides have all cores, PyTorch's loader WORKERS (default 2) processes beside.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
data=$1
shift
rounds=${ROUNDS:-5} batches=${BATCHES:-50} warm_up=${WARM_UP:-10} precisions=${PRECISION:-auto} python=${PYTHON:-/usr/bin/python3}
device=${DEVICE:-cpu} workers=${WORKERS:-2} retort=${RETORT:-./retort}

theirs() {
  if [[ $method == eval ]]; then set -- --student "$teacher" --evaluate; else set -- --teacher "$teacher" --student "$student" --method "$method" --batches "$batches"; fi
  "$python" bench/pytorch_twin.py "$@" --warm-up "$warm_up" --data "$data" --threads "$(nproc)" --device "$device" --workers "$workers"
}
ours() {
  if [[ $method == eval ]]; then set -- eval --model "$teacher"; else set -- train --teacher "$teacher" --student "$student" --method "$method" --batches "$batches"; fi
  "$retort" bench "$@" --data "$data" --precision "$precision" --device "$device" --json 2> >(grep ^Warning >&2)
}
speed() { sed -n 's/.*"images_per_second": *\([0-9.]*\).*/\1/p'; }
median() { sort -g | awk '{ x[NR] = $1 } END { print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2 }'; }

echo "| pair | method | PyTorch images/s | Retort | images/s | ratio (median of $rounds) |"
echo "|---|---|---|---|---|---|"
for case; do
  IFS=: read -r method teacher student <<<"$case"
  their_speeds='' our_speeds='' # lines: speed; precision, speed, ratio
  for ((round = 0; round < rounds; round++)); do
    their=$(theirs | speed)
    their_speeds+=$their$'\n'
    for precision in $precisions; do
      our=$(ours | speed)
      our_speeds+="$precision $our $(awk -v a="$our" -v b="$their" 'BEGIN { print a / b }')"$'\n'
    done
  done
  for precision in $precisions; do
    of() { awk -v precision="$precision" -v field="$1" '$1 == precision { print $field }' <<<"$our_speeds" | median; }
    printf '| %s | %s | %.0f | %s | %.0f | %.2f |\n' "$teacher${student:+ → $student}" "$method" "$(grep . <<<"$their_speeds" | median)" "$precision" "$(of 2)" "$(of 3)"
  done
done
