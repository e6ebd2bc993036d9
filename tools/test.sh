#!/bin/sh
# npm test: set-up, the gate with its unit tests, then the short end-to-end scenarios on real kernels.
set -u
root=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$root" || exit 3
sh tools/setup.sh e2e || exit
failed=0

sh tools/ok.sh || failed=1
scenarios='first-rule kernel-agrees renewal console'
if [ "$(id -u)" -ne 0 ]; then
  echo "end to end: $scenarios skipped, they need root for network namespaces and nftables"
  scenarios=
fi
for scenario in $scenarios; do
  echo "end to end: $scenario"
  sh tools/node.sh e2e/main.ts "$scenario" </dev/null || failed=1
done
if [ "$failed" -eq 0 ]; then echo 'npm test: everything passed'; else echo 'npm test: something failed, see above'; fi
exit "$failed"
