#!/bin/sh
# First process of the estate's outer namespaces. When it ends, for whatever reason, the kernel ends every process of
# the estate. It only collects orphans, which the Node program it starts would not.
set -eu
mount -t proc proc /proc
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
exec 3<&0
"$@" <&3 3<&- &
wait $!
