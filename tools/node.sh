#!/bin/sh
# tools/node.sh FILE ARGS...: runs the pinned Node by its path, because the one on PATH may be older.
set -eu
root=$(dirname "$(dirname "$(readlink -f "$0")")")

case $(uname -m) in
  x86_64 | amd64) arch=x64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *)
    echo "Cannot run bulkhead: this machine is $(uname -m), x86_64 or aarch64 is needed" >&2
    exit 3
    ;;
esac

node=$root/node_modules/node-linux-$arch/bin/node
if [ ! -x "$node" ]; then
  echo "Cannot run bulkhead: its dependencies are not installed, run tools/setup.sh" >&2
  exit 3
fi

# Most of a start is parsing; the cache is only a place to put the result, so a read-only tree does without.
if [ -z "${NODE_COMPILE_CACHE:-}" ]; then
  if [ -w "$root" ]; then
    NODE_COMPILE_CACHE=$root/.cache/compile
  elif [ -w /var/cache ]; then
    NODE_COMPILE_CACHE=/var/cache/bulkhead
  fi
  [ -z "${NODE_COMPILE_CACHE:-}" ] || export NODE_COMPILE_CACHE
fi

exec "$node" "$@"
