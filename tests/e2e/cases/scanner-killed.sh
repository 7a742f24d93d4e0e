# kill -9 of hopward-scan itself: a new one starts by itself, and mail is scanned again.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
wait_engine
g=$(generation)
kill -9 "$(scan_main_pid)"
compose "$T/in/a"
send a "$T/in/a"
like "reply" "$REPLY" '^(250|451 4\.3\.0) '
check "another generation" wait_for 60 generation_after "$g"
send b "$T/in/a"
like "reply" "$REPLY" '^250 '
equal "outcome" "$(last outcome)" clean
check "the end is recorded" event_named scanner-died
