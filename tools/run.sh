#!/bin/sh
# tools/run.sh FILE ARGS...: set-up, then the file with the pinned Node.
set -eu
root=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$root"
sh tools/setup.sh e2e
exec sh tools/node.sh "$@"
