# No scanner can be had: unavailable, tempfail; and all is well again once it can.
. "$(dirname "$0")/../lib.sh"
write_conf
mkdir "$T/bin"
cp "$BIN/hopward-scan" "$T/bin/hopward-scan"
start_hopward -o scanner.path="$T/bin/hopward-scan" -o scanner.engine_wait=1s
start_mta
wait_engine
compose "$T/in/a"
scanner=$(scan_main_pid)
mv "$T/bin/hopward-scan" "$T/bin/away"
kill -9 "$scanner"
not_ready() { ! engine_ready; }
check "no engine" wait_for 20 not_ready
send a "$T/in/a"
like "reply" "$REPLY" '^451 4\.3\.0 .*\(ref '
equal "outcome" "$(last outcome)" unavailable
check_not "status is not well" ctl status
mv "$T/bin/away" "$T/bin/hopward-scan"
check "comes back by itself" wait_for 60 engine_ready
send b "$T/in/a"
like "reply" "$REPLY" '^250 '
equal "outcome" "$(last outcome)" clean
