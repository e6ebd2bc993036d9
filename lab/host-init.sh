#!/bin/sh
# First process of a lab host. Arguments: the host's folder, its name. Stands in fresh network, mount, PID, UTS, IPC
# and cgroup namespaces but still sees the lab's /proc, so its PID there is what `self` says.
# Speaks to the lab over stdout: `pid N`, then (once a line on stdin says the link is there) `up`.
set -eu
folder=$1
read -r pid _ < /proc/self/stat
hostname "$2"

for family in default all; do
    echo 0 > "/proc/sys/net/ipv6/conf/$family/accept_dad"
    echo 0 > "/proc/sys/net/ipv6/conf/$family/accept_ra"
    echo 0 > "/proc/sys/net/ipv6/conf/$family/router_solicitations"
done

tab=$(printf '\t')
while IFS=$tab read -r source target; do
    mount --rbind "$source" "$target"
done < "$folder/mounts"
mount -t tmpfs -o size=64m tmpfs /dev/shm
mount -t proc proc /proc
# The machine's cgroup mounts would stay visible below.
umount -R -l /sys
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo 0 > /sys/fs/cgroup/init.scope/cgroup.procs

echo "pid $pid"
read -r _
ip -batch /run/lab-network
echo up

# Orphans of the host become children of this shell, and waiting collects them.
while :; do
    sleep infinity &
    wait $!
done
