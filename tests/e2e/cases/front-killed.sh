# kill -9 of the front: a new one listens, and mail passes; what was accepted has its record.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
wait_engine
compose "$T/in/a"
send a "$T/in/a"
front=$(front_pid)
kill -9 "$front"
replaced() { local p; p=$(front_pid); [ -n "$p" ] && [ "$p" != "$front" ] && [ "$(status listening)" = true ]; }
check "a new front" wait_for 30 replaced
send b "$T/in/a"
like "reply" "$REPLY" '^250 '
equal "records" "$(record_count)" 2
equal "outcome" "$(last outcome)" clean
check "recorded" event_named front-died
