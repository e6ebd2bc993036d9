#!/bin/sh
# First process of the estate's outer namespaces. When it ends, for whatever reason, the kernel ends every process of
# the estate. It only collects orphans, which the Node program it starts would not. Arguments: the directory for what
# hosts write, which is a tmpfs in here and so needs no removing, and the command that runs the estate.
set -eu
mount -t tmpfs -o mode=700,size=1g lab "$1"
shift
mount -t proc proc /proc
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
exec 3<&0
"$@" <&3 3<&- &
wait $!
