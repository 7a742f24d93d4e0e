# A broken configuration: exit 78 with file and line; a running daemon keeps its old one.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
wait_engine
cp "$T/hopward.conf" "$T/good.conf"
eicar >"$T/in/e"
compose "$T/in/a" "$T/in/e" e.com application/octet-stream
echo 'mode = "observe"; modde = "observe";' >>"$T/hopward.conf"
lines=$(wc -l <"$T/hopward.conf")
as_hopward "$BIN/hopward" -n -c "$T/hopward.conf" >"$T/log/n" 2>&1
equal "-n" $? 78
like "file and line" "$(cat "$T/log/n")" "hopward\.conf:$lines: "
like "did you mean" "$(cat "$T/log/n")" 'mode'
hopward_signal HUP
check "recorded" wait_for 20 event_named reload-failed
like "log" "$(cat "$T/log/hopward")" 'the old one stays'
check_not "hopwardctl reload fails" ctl reload
send a "$T/in/a"
like "still enforces" "$REPLY" '^550 '
cp "$T/good.conf" "$T/hopward.conf"
echo 'mode = "observe";' >>"$T/hopward.conf"
check "hopwardctl reload" ctl reload
send b "$T/in/a"
like "now it observes" "$REPLY" '^250 '
stop_hopward
echo 'clamav: { MaxScanSize = 5000000000; };' >"$T/bad.conf"
as_hopward "$BIN/hopward" -f -c "$T/bad.conf" >"$T/log/bad" 2>&1
equal "start" $? 78
like "the right spelling is shown" "$(cat "$T/log/bad")" 'bad\.conf:1: .*"'
echo 'actions: { mx: { encrypted = "tempfail"; }; };' >"$T/bad.conf"
as_hopward "$BIN/hopward" -n -c "$T/bad.conf" >"$T/log/bad" 2>&1
equal "tempfail where a retry cannot help" $? 78
like "which" "$(cat "$T/log/bad")" 'encrypted'
