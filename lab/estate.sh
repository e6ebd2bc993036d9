#!/bin/sh
# Starts an estate and cleans up after it. Arguments: run directory, cgroup directory, `owned` or `detached`, and the
# command that runs the estate. `owned`: stdin is a pipe from the owner, and its end, SIGKILL of the owner included,
# ends the estate. It runs in a session of its own, so no key press and no process group reaches it.
trap '' INT TERM HUP
run=$1 cgroup=$2 watch=$3
shift 3

exec 3<&0
setpriv --pdeathsig KILL unshare --net --mount --ipc --pid --fork --kill-child=KILL \
    sh "$(dirname "$0")/estate-init.sh" "$run/estate" "$@" <&3 &
estate=$!
if [ "$watch" = owned ]; then
    cat <&3 > /dev/null
    kill -KILL "$estate" 2> /dev/null
fi
wait "$estate"
status=$?
sh "$(dirname "$0")/clean.sh" "$run" "$cgroup"
exit "$status"
