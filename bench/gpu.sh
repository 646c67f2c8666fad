#!/usr/bin/env bash
# What a machine with an NVIDIA GPU has to say, in one call: the bridge is built against its PyTorch, the program trains there, and in both
# precisions beside plain PyTorch on the same GPU. Prints a JSON line for each pair, and a table in Markdown.
# Usage: bench/gpu.sh DATA        DATA is an image folder, as data/cifar10
# PYTHON (default python3) has torch and torchvision. Without the .NET SDK, RETORT names a program that was published elsewhere
# (dotnet publish src/Retort.Cli -c Release -r linux-x64 --self-contained): the bridge is built into its folder, which needs cmake and g++.
# ROUNDS (default 3), BATCHES (default 200) and BATCH_SIZES (default "64 512") of each; DEVICE (default cuda); LIBTORCH= is the system's libtorch.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
data=${1:?DATA is missing: bench/gpu.sh data/cifar10}
export PYTHON=${PYTHON:-python3} DEVICE=${DEVICE:-cuda} ROUNDS=${ROUNDS:-3} BATCHES=${BATCHES:-200} WORKERS=${WORKERS:-$(($(nproc) / 2))} PRECISION=${PRECISION:-"bf16 fp32"}
LIBTORCH=${LIBTORCH-$("$PYTHON" -c 'import os, torch; print(os.path.dirname(torch.__file__))')}
export LIBTORCH
if [[ -n ${RETORT:-} ]]; then
  build=$(mktemp -d)
  cmake -S native -B "$build" -DLIBTORCH="$LIBTORCH" >"$build/log" && cmake --build "$build" --parallel "$(nproc)" >>"$build/log" || { cat "$build/log" >&2; exit 1; }
  cp -- "$build/libretort_bridge.so" "$(dirname -- "$RETORT")"
fi
export RETORT=${RETORT:-./retort}

"$RETORT" version
[[ $DEVICE == cpu ]] || nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader
"$PYTHON" - "$DEVICE" <<'PYTHON'
import sys, time, torch
device = sys.argv[1]
wait = torch.cuda.synchronize if device != "cpu" else lambda: None
def best(work, rounds=10):
    times = []
    for _ in range(rounds):
        wait(); begun = time.perf_counter(); work(); wait(); times.append(time.perf_counter() - begun)
    return min(times)
size = 8192 if device != "cpu" else 512
a = torch.randn(size, size, device=device, dtype=torch.bfloat16 if device != "cpu" else torch.float32)
b = torch.empty(size * size * 8, device=device, dtype=torch.uint8)
print(f"torch {torch.__version__}: matrix product {2 * size**3 / best(lambda: a @ a) / 1e12:.1f} TFLOP/s, copy {2 * b.numel() / best(b.clone) / 1e9:.0f} GB/s")
PYTHON

printf '\n## Each pair, with where its time went\n'
for pair in resnet20:resnet8 resnet56:resnet20 resnet32x4:resnet8x4 wrn_40_2:wrn_16_2; do
  for batch in ${BATCH_SIZES:-64 512}; do
    printf '%s, batch %s: ' "$pair" "$batch"
    "$RETORT" bench train --teacher "${pair%:*}" --student "${pair#*:}" --data "$data" --batch "$batch" --batches "$BATCHES" --device "$DEVICE" --json 2> >(grep ^Warning >&2)
  done
done

printf '\n## Beside PyTorch\n'
bench/compare.sh "$data" kd:resnet20:resnet8 kd:resnet56:resnet20 kd:resnet32x4:resnet8x4 kd:wrn_40_2:wrn_16_2 nst:resnet56:resnet20 eval:resnet56
