#!/usr/bin/env bash
# Training with several processes on this machine: images/s of 1 process with N threads beside N processes with 1 thread, in turn, and the time of an
# exchange of the gradients of networks of 0.3, 1.2 and 11 million parameters between N processes, what of it a computation hides, and what that
# means for 8 to 256 workers of one thread each. Needs a quiet machine.
# Usage: bench/replicas.sh [N]   PAIRS (default "resnet56:resnet20 resnet32x4:resnet8x4"), ROUNDS (default 3), IMAGES (default 4000).
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
count=${1:-2} rounds=${ROUNDS:-3} images=${IMAGES:-4000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

median() { sort -g | awk '{ x[NR] = $1 } END { print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2 }'; }

# Images/s of the second epoch of the student: the first one warms up.
speed() { # teacher student threads more...
  local teacher=$1 student=$2 threads=$3
  shift 3
  printf 'data: {kind: synthetic, train_images: %s, test_images: 100}\nteacher: {model: %s, train: {epochs: 1, threads: 1}}\nstudent: {model: %s}\ndistill: [ce: 0.5, kd: 0.5]\ntrain: {epochs: 2, batch: 64, threads: %s}\n' \
    "$images" "$teacher" "$student" "$threads" >"$work/recipe.yaml"
  ./retort train "$work/recipe.yaml" --out "$work/run" --overwrite "$@" >/dev/null
  sed -n 's/.*"stage":"student".*"images_per_second":\([0-9.]*\).*/\1/p' "$work/run/metrics.jsonl" | tail -1
}

echo "| pair | 1 × $count threads, images/s | $count × 1 thread, images/s | ratio (median of $rounds) |"
echo "|---|---|---|---|"
for pair in ${PAIRS:-resnet56:resnet20 resnet32x4:resnet8x4}; do
  IFS=: read -r teacher student <<<"$pair"
  one=() several=() ratios=()
  for ((round = 0; round < rounds; round++)); do
    one+=("$(speed "$teacher" "$student" "$count")")
    several+=("$(speed "$teacher" "$student" 1 --nproc "$count")")
    ratios+=("$(awk -v a="${several[-1]}" -v b="${one[-1]}" 'BEGIN { print a / b }')")
  done
  printf '| %s → %s, kd | %.0f | %.0f | %.2f |\n' "$teacher" "$student" \
    "$(printf '%s\n' "${one[@]}" | median)" "$(printf '%s\n' "${several[@]}" | median)" "$(printf '%s\n' "${ratios[@]}" | median)"
done

# Milliseconds of a step of 64 images on one thread.
step() { # teacher student
  ./retort bench train --teacher "$1" --student "$2" --threads 1 --batches "${BATCHES:-10}" --json 2>/dev/null |
    sed -n 's/.*"images_per_second": *\([0-9.]*\).*/\1/p' | awk '{ printf "%.0f\n", 64000 / $1 }'
}
steps=("$(step resnet56 resnet20)" "$(step resnet32x4 resnet8x4)" "$(step resnet34 resnet18)")

echo
dotnet build bench/Exchange -c Release -v q -nologo >/dev/null
ranks=()
export WORLD_SIZE=$count MASTER_ADDR=127.0.0.1 MASTER_PORT=${MASTER_PORT:-29511} RETORT_ADDRESS=127.0.0.1
for ((rank = 1; rank < count; rank++)); do
  RANK=$rank dotnet artifacts/bin/Exchange/release/Exchange.dll "${steps[@]}" &
  ranks+=($!)
done
RANK=0 dotnet artifacts/bin/Exchange/release/Exchange.dll "${steps[@]}"
wait "${ranks[@]}"
