#!/usr/bin/env bash
# Runs `retort demo` once per seed and prints the table of docs/results/demo.md: accuracies after the last epoch, and what
# distillation adds, paired by seed.
# Usage: bench/demo-seeds.sh [--table] [SEED...]    up to 10 seeds, default 0 1 2 3 4; --table only reads the runs that are there
# RETORT names another program to run than ./retort.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
retort=${RETORT:-./retort}
if [[ ${1:-} == --table ]]; then retort=true; shift; fi
[[ $# -gt 0 ]] || set -- 0 1 2 3 4

last() { # SEED STAGE: accuracy in % on the test images after the stage's last epoch
  grep "\"stage\":\"$2\"" "runs/demo-$1/metrics.jsonl" | tail -n 1 | sed 's/.*"test_accuracy":\([^,}]*\).*/\1/' | awk '{ print 100 * $1 }'
}

for seed; do
  "$retort" demo --set "train.seed=$seed" --out "runs/demo-$seed" >&2
  echo "$seed $(last "$seed" teacher) $(last "$seed" plain) $(last "$seed" student)"
done | awk '
  function mean(column,    i, sum) { for (i = 1; i <= NR; i++) sum += x[i, column]; return sum / NR }
  function deviation(column,    i, sum) {
    for (i = 1; i <= NR; i++) sum += (x[i, column] - mean(column)) ^ 2
    return sqrt(sum / (NR - 1))
  }
  function summary(column) { return sprintf("%.2f ± %.2f", mean(column), deviation(column)) }
  BEGIN {
    split("12.706 4.303 3.182 2.776 2.571 2.447 2.365 2.306 2.262", t) # Student, 97.5 %, by degrees of freedom
    print "| seed | teacher | student alone | student distilled | difference |"
    print "|---|---|---|---|---|"
  }
  {
    for (i = 2; i <= 4; i++) x[NR, i] = $i
    x[NR, 5] = $4 - $3
    printf "| %s | %.2f | %.2f | %.2f | %+.2f |\n", $1, $2, $3, $4, $4 - $3
    fflush()
  }
  END {
    if (NR < 2) exit
    printf "| mean ± std | %s | %s | %s | %s |\n", summary(2), summary(3), summary(4), summary(5)
    half = t[NR - 1] * deviation(5) / sqrt(NR)
    printf "\nPaired 95 %% interval of the difference: %+.2f to %+.2f points.\n", mean(5) - half, mean(5) + half
  }'
