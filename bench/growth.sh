#!/usr/bin/env bash
# How `retort bench train` grows with batch, threads, teacher and classes: the tables of docs/performance.md. Needs a quiet machine.
# Usage: bench/growth.sh [DATA]      DATA is an image folder (default: the embedded images). BATCHES (default 30) of each.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
data=${1:-synthetic} batches=${BATCHES:-30}

value() { sed -n "s/.*\"$1\": *\([0-9.]*\).*/\1/p"; }
row() { # name, then options of bench train
  local name=$1 result
  shift
  result=$(./retort bench train --batches "$batches" --data "$data" "$@" --json 2> >(grep ^Warning >&2))
  printf '| %s | %.0f | %.0f | %.0f %% |\n' "$name" "$(value images_per_second <<<"$result")" \
    "$(awk -v bytes="$(value peak_bytes <<<"$result")" 'BEGIN { print bytes / 1e6 }')" \
    "$(awk -v a="$(value flops_per_second <<<"$result")" -v b="$(value peak_flops_per_second <<<"$result")" 'BEGIN { print 100 * a / b }')"
}
head() { printf '\n| %s | images/s | peak of tensors, MB | of the convolution peak |\n|---|---|---|---|\n' "$1"; }

head "batch (KD, resnet56 → resnet20)"
for batch in 16 32 64 128 256 512; do row "$batch" --teacher resnet56 --student resnet20 --batch "$batch"; done
head "threads (KD, resnet56 → resnet20)"
for ((threads = 1; threads <= $(nproc); threads *= 2)); do row "$threads" --teacher resnet56 --student resnet20 --threads "$threads"; done
head "teacher of resnet8 (KD)"
for teacher in resnet8 resnet20 resnet32 resnet44 resnet56 resnet110; do row "$teacher" --teacher "$teacher" --student resnet8; done
for method in kd dist; do
  head "classes ($method, resnet20 → resnet8)"
  for classes in 10 100 1000 10000; do row "$classes" --teacher resnet20 --student resnet8 --method "$method" --classes "$classes"; done
done
