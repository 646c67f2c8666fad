#!/usr/bin/env bash
# Prints the accuracy curve of a run as a Markdown table: a line per epoch, for the student alone and distilled.
# Usage: bench/curve.sh runs/NAME
set -euo pipefail
field() { sed "s/.*\"$1\":\([^,}]*\).*/\1/"; }

echo '| epoch | learning rate | alone: test top-1 | images/s | distilled: test top-1 | images/s |'
echo '|---|---|---|---|---|---|'
join <(grep '"stage":"plain"' "$1/metrics.jsonl" | while read -r line; do
  echo "$(field epoch <<<"$line") $(field learning_rate <<<"$line") $(field test_accuracy <<<"$line") $(field images_per_second <<<"$line")"
done) <(grep '"stage":"student"' "$1/metrics.jsonl" | while read -r line; do
  echo "$(field epoch <<<"$line") $(field test_accuracy <<<"$line") $(field images_per_second <<<"$line")"
done) --nocheck-order | awk '{ printf "| %d | %g | %.2f | %.0f | %.2f | %.0f |\n", $1, $2, 100 * $3, $4, 100 * $5, $6 }'
