# A second hopward does not start, and leaves the first one's control socket and pid file alone; what is fixed at start stays over a reload.
. "$(dirname "$0")/../lib.sh"
set_milter
write_conf "pid_file = \"$T/run/pid\";"
start_hopward
ask() { "$BIN/hopwardctl" -c "$T/hopward.conf" status --json; }
wait_for 20 test -s "$T/run/pid" || die "no pid file"
equal "pid file" "$(cat "$T/run/pid")" "$(ask | sed 's/.*"version":"[^"]*", *"pid": *\([0-9]*\).*/\1/')"
as_hopward "$BIN/hopward" -f -c "$T/hopward.conf" >"$T/log/second" 2>&1
equal "second start: exit" $? 73
like "second start: reason" "$(cat "$T/log/second")" "another hopward runs already"
ask >"$T/log/status" 2>&1
like "the first one still answers" "$(cat "$T/log/status")" '"listening": *true'
check "its pid file stays" test -s "$T/run/pid"

# A pid file that is none is left alone.
echo precious >"$T/run/precious"
as_hopward "$BIN/hopward" -n -c "$T/hopward.conf" -o pid_file="$T/run/precious" >"$T/log/n" 2>&1
equal "-n refuses a file that is no pid file" $? 78
equal "and leaves it alone" "$(cat "$T/run/precious")" precious

# Fixed at start: told, not taken.
cp "$T/hopward.conf" "$T/old.conf"
sed -i "s|^control_socket = .*|control_socket = \"$T/run/elsewhere\";|" "$T/hopward.conf"
"$BIN/hopwardctl" -c "$T/old.conf" reload >"$T/log/reload" 2>&1
like "told" "$(cat "$T/log/hopward")" "control_socket has changed: that takes a restart"
check "the old control socket answers on" "$BIN/hopwardctl" -c "$T/old.conf" reload
stop_hopward
check_not "control socket removed at the end" test -e "$T/run/control"
check_not "pid file removed at the end" test -e "$T/run/pid"
