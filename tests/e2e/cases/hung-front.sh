# A front that hangs keeps neither the parent from answering nor the stop from ending.
. "$(dirname "$0")/../lib.sh"
set_milter
write_conf 'stop_wait = "1s";'
start_hopward
front=
for p in $(pgrep -P "$HOPWARD_PID"); do [ "$(cat "/proc/$p/comm")" = hopward-front ] && front=$p; done
[ -n "$front" ] || die "no front"
kill -STOP "$front"
for i in 1 2 3; do
	like "reload $i is answered" "$("$BIN/hopwardctl" -c "$T/hopward.conf" reload 2>&1; echo "rc $?")" 'rc 0'
done
like "status is answered" "$("$BIN/hopwardctl" -c "$T/hopward.conf" status --json)" '"version"'
kill "$HOPWARD_PID"
check "SIGTERM ends all within stop_wait and the grace" wait_for 25 ended "$HOPWARD_PID"
check "the front too" wait_for 5 ended "$front"
like "and says so" "$(cat "$T/log/hopward")" "outlived the stop"
wait "$HOPWARD_PID" 2>/dev/null
HOPWARD_PID=
