#!/bin/sh
# npm test: set-up, the gate with its unit tests, then the short end-to-end scenarios on real kernels.
set -u
root=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$root" || exit 3
sh tools/setup.sh e2e || exit
failed=0

sh tools/ok.sh || failed=1

# scenarios NAME...: each, whatever became of the one before.
scenarios() {
  bad=0
  for scenario in "$@"; do
    echo "end to end: $scenario"
    sh tools/node.sh e2e/main.ts "$scenario" </dev/null || bad=1
  done
  return "$bad"
}

if [ "$(id -u)" -eq 0 ]; then
  said=$(mktemp)
  trap 'rm -f "$said"' EXIT
  scenarios first-rule || failed=1
  # The console's browser leaves a processor to these.
  scenarios kernel-agrees renewal >"$said" 2>&1 &
  beside=$!
  scenarios console || failed=1
  wait "$beside" || failed=1
  cat "$said"
else
  echo 'end to end: all scenarios skipped, they need root for network namespaces and nftables'
fi
if [ "$failed" -eq 0 ]; then echo 'npm test: everything passed'; else echo 'npm test: something failed, see above'; fi
exit "$failed"
