# Mail that comes before the engine is ready waits for it, and is scanned.
. "$(dirname "$0")/../lib.sh"
start_mta
start_hopward
eicar >"$T/in/e"
compose "$T/in/a" "$T/in/e" e.com application/octet-stream
send a "$T/in/a"
like "reply" "$REPLY" '^550 5\.7\.1 '
equal "outcome" "$(last outcome)" infected
as_hopward timeout 60 "$BIN/hopward" -f -c "$T/hopward.conf" >"$T/log/second" 2>&1
like "a second one on the same socket ends with a code of sysexits.h" $? '^(69|71|73)$'
send b "$T/in/a"
like "the first serves on" "$REPLY" '^550 5\.7\.1 '
