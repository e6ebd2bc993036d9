#!/bin/sh
# Removes what an estate leaves: its processes (found by their cgroup), its cgroups, its run directory. Namespaces and
# mounts go with the last process. Arguments: run directory, cgroup directory.
run=$1 cgroup=$2
tries=0
while [ -d "$cgroup" ] && [ "$tries" -lt 100 ]; do
    if [ -e "$cgroup/cgroup.kill" ]; then
        echo 1 > "$cgroup/cgroup.kill"
    else
        find "$cgroup" -name cgroup.procs -exec cat {} + 2> /dev/null | while read -r pid; do kill -KILL "$pid"; done
    fi
    find "$cgroup" -depth -type d -exec rmdir {} + 2> /dev/null
    [ -d "$cgroup" ] && sleep 0.1
    tries=$((tries + 1))
done
rm -rf --one-file-system -- "$run"
