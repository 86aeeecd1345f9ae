#!/usr/bin/env bash
# Runs every fuzz target below some folders (all without any) for the time given, one after the other:
#   test/fuzz.sh [DURATION] [FOLDER…]
# It goes on after a failure, and ends with the CPU time that all took and the targets that failed. An input that fails lies
# under testdata/fuzz of its package then: commit it with what mends it.
set -euo pipefail
cd "$(dirname "$0")/.."
duration=${1:-10s}
shift || true
failed=()
out=$(mktemp)
trap 'rm -f "$out"' EXIT
# Up to Go 1.26 the fuzzer may take the end of its time for a failure of the target (golang/go#75804); busy machines show it.
# It names no input then and says only this:
overtime='^ *context deadline exceeded$'
while read -r dir target; do
  printf '== %s %s\n' "$dir" "$target"
  # Without a bound on minimizing Go's fuzzer may stand still for a minute over one interesting input.
  go test "$dir" -run '^$' -fuzz "^$target\$" -fuzztime "$duration" -fuzzminimizetime 1s </dev/null 2>&1 | tee "$out" && continue
  if grep -q "$overtime" "$out" && ! grep -qE 'Failing input|panic:|_test\.go:' "$out"; then
    echo '(no input failed: the time was over)'
  else
    failed+=("$dir $target")
  fi
done < <(grep -roE '^func Fuzz[A-Za-z0-9_]+' --include='*_test.go' "${@:-.}" | sed -E 's|^(\./)?|./|; s|/[^/]*:func | |' | sort -u)
echo '== CPU time: user and system, of the shell and of all it ran'
times
if ((${#failed[@]})); then
  printf 'FAILED %s\n' "${failed[@]}"
  exit 1
fi
