#!/usr/bin/env bash
# Trains the recipes of recipes/cifar10 and prints the table of docs/results/cifar10.md: a line per method, mean and
# deviation over its seeds. A finished run is a line of docs/results/cifar10-methods.csv; what stands there is not trained again, and a
# run that was stopped goes on where it was.
# Usage: bench/cifar10-methods.sh TEACHER NAME:SEED[:KEY=VALUE]...   as bench/cifar10-methods.sh resnet20-cifar10.pth student:0 kd:0 kd:1
#                                                        kd:0:train.precision=fp32: the recipe with another setting, in a row of its own
#        bench/cifar10-methods.sh --table                 only the table
# RETORT names another program to run than ./retort; THREADS (default 1) allows two runs side by side on two cores; CACHE is the space in GB
# for what the teacher says (default 1): the runs of a seed show the same images, so the teacher sees them once. That is room for logits and vectors;
# maps take longer to write and read than to compute. Digits do not depend on it.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
retort=${RETORT:-./retort}
threads=${THREADS:-1}
cache=${CACHE:-1}
rows=docs/results/cifar10-methods.csv

field() { sed "s/.*\"$1\":\([^,}]*\).*/\1/"; }

if [[ ${1:-} != --table ]]; then
  teacher=$1
  shift
  for run; do
    IFS=: read -r recipe seed setting <<<"$run"
    name=$recipe${setting:+ $setting} out=runs/cifar10/${run//[:=]/-}
    grep -q "^$name,$seed," "$rows" && continue
    set -- ${setting:+--set "$setting"} --set "train.seed=$seed" --set "train.threads=$threads" --out "$out" --resume
    [[ $recipe == student || $recipe == sftn ]] || set -- --set "teacher.checkpoint=$teacher" --set "teacher.cache.max_gb=$cache" "$@" # sftn trains its own
    format=$(DOTNET_PROCESSOR_COUNT=$threads "$retort" train "recipes/cifar10/$recipe.yaml" "$@" 2>&1 | tee >(cat >&2) |
      sed -n 's/.*Computing in \([a-z0-9]*\) .*/\1/p' | tail -n 1)
    epochs=$(grep '"stage":"student"' "$out/metrics.jsonl")
    last=$(tail -n 1 <<<"$epochs" | field test_accuracy)
    best=$(field test_accuracy <<<"$epochs" | sort -g | tail -n 1)
    speed=$(field images_per_second <<<"$epochs" | sort -g | tail -n 1)
    echo "$name,$seed,$last,$best,$speed,$threads,$format" >>"$rows"
  done
fi

awk -F, -v images=$((12 * 50000)) '
  NR > 1 { if (!($1 in n)) order[++count] = $1; x[$1, ++n[$1]] = 100 * $3; sum[$1] += 100 * $3; best[$1] += 100 * $4; speed[$1] += $5
    if (index(formats[$1], $7) == 0) formats[$1] = formats[$1] (formats[$1] ? ", " : "") $7 }
  END {
    print "| recipe | seeds | top-1 after the last epoch | to the student alone | best epoch | images/s | minutes | numbers |"
    print "|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= count; i++) {
      name = order[i]; mean = sum[name] / n[name]; squares = 0
      for (k = 1; k <= n[name]; k++) squares += (x[name, k] - mean) ^ 2
      spread = n[name] > 1 ? sprintf(" ± %.2f", sqrt(squares / (n[name] - 1))) : ""
      alone = name == "student" || !("student" in n) ? "" : sprintf("%+.2f", mean - sum["student"] / n["student"])
      printf "| %s | %d | %.2f%s | %s | %.2f | %.0f | %.0f | %s |\n", name, n[name], mean, spread, alone, best[name] / n[name], speed[name] / n[name],
        images / 60 / (speed[name] / n[name]), formats[name]
    }
  }' "$rows"
