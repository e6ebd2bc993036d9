#!/bin/sh
# npm start: set-up, then the demo estate with its controller. Without root, the controller alone.
set -eu
root=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$root"
sh tools/setup.sh
if [ "$(id -u)" -ne 0 ]; then
  echo "start: the demo estate needs root for network namespaces and nftables; starting the controller alone"
  echo "start: for everything, run: sudo npm start"
  exec ./bulkhead up --data "${BULKHEAD_DATA:-$root/.cache/controller}" --listen-agents 127.0.0.1:8444 "$@"
fi
exec ./bulkhead demo "$@"
