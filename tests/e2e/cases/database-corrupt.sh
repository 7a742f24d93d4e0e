# A corrupt database: at start exit 69 with the reason; on reload the old one serves on, and record, log and status say so.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
wait_engine
g=$(generation)
cp -r "$T/db" "$T/good"
printf 'this is :no signature at all\n:::\n' >"$T/db/broken.ndb"
hopward_signal HUP
check "event in the record" wait_for 60 event_named engine-failed
like "log" "$(cat "$T/log/hopward")" 'not loaded'
equal "generation" "$(generation)" "$g"
unlike "status says it" "$(status last_error)" '^-$'
eicar >"$T/in/e"
compose "$T/in/a" "$T/in/e" e.com application/octet-stream
send a "$T/in/a"
like "the old one serves" "$REPLY" '^550 5\.7\.1 '
rm "$T/db/broken.ndb"
check "repaired, it is loaded by itself" wait_for 60 generation_after "$g"
stop_hopward
printf 'this is :no signature at all\n:::\n' >"$T/db/broken.ndb"
run_hopward
check "ends by itself" wait_for 60 ended "$HOPWARD_PID"
WANT_EXIT=69 stop_hopward
like "reason" "$(tail -20 "$T/log/hopward")" 'engine'
