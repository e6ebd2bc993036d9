#!/bin/sh
# Logs in to TARGET over SSH every EVERY seconds and says how it went.
while :; do
    if ssh -F /etc/ssh/lab_client_config "$TARGET" true > /dev/null 2> /run/ssh-check.error; then
        outcome=ok
    else
        outcome=$(tail -n 1 /run/ssh-check.error | tr -s ' \r\n' '-')
    fi
    echo "edge $HOST $NAME_SERVER udp/53 ok"
    echo "edge $HOST $TARGET tcp/22 ${outcome:-failed}"
    sleep "$EVERY"
done
