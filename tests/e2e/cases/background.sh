# A start in the background returns 0 once an engine is ready, and else the code and the reason of the daemon's end.
. "$(dirname "$0")/../lib.sh"
set_milter
write_conf "pid_file = \"$T/run/pid\";"
make_dirs
as_hopward timeout 60 "$BIN/hopward" -c "$T/hopward.conf" >"$T/log/start" 2>&1
equal "good start: exit" $? 0
HOPWARD_BACK=$(cat "$T/run/pid" 2>/dev/null)
check "it listens" listens "$MILTER_PORT"
like "its engine is ready" "$("$BIN/hopwardctl" -c "$T/hopward.conf" status --json)" '"ready": *true'
kill "$HOPWARD_BACK"
check "it stops" wait_for 30 ended "$HOPWARD_BACK"

echo garbage >"$T/db/broken.cvd"
as_hopward timeout 60 "$BIN/hopward" -c "$T/hopward.conf" >"$T/log/corrupt" 2>&1
equal "corrupt database: exit" $? 69
like "corrupt database: reason" "$(cat "$T/log/corrupt")" "hopward: .*([Dd]atabase|[Mm]alformed|broken)"
check_not "no pid file stays" test -e "$T/run/pid"
