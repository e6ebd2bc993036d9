#!/bin/sh
# Runs a program for as long as somebody holds the other end of stdin, SIGKILL of that somebody included: then SIGTERM,
# and SIGKILL after five seconds. Arguments: a directory to remove afterwards or an empty word, the log, the command.
# It runs in a session of its own, and the program ends with it. Whoever holds the other end of descriptor 4 sees it
# close when the program ends.
trap '' INT TERM HUP
folder=$1 log=$2
shift 2

# The program may be asked to end: only this script does not listen. Its own end asks too.
(trap - INT TERM HUP && exec setpriv --pdeathsig TERM "$@") >> "$log" 2>&1 < /dev/null 4>&- &
program=$!
# Descriptor 4 is held here and not by the program, which may replace itself and lose it.
(while grep -qs '^State:.[^Z]' "/proc/$program/status"; do sleep 0.1; done) < /dev/null &
exec 4>&-
cat > /dev/null
kill -TERM "$program" 2> /dev/null
tries=0
while kill -0 "$program" 2> /dev/null && [ "$tries" -lt 50 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
kill -KILL "$program" 2> /dev/null
wait "$program" 2> /dev/null
[ -z "$folder" ] || rm -rf --one-file-system -- "$folder"
