# Mail that comes before the engine is ready waits for it, and is scanned.
. "$(dirname "$0")/../lib.sh"
start_postfix
start_hopward
eicar >"$T/in/e"
compose "$T/in/a" "$T/in/e" e.com application/octet-stream
send a "$T/in/a"
like "reply" "$REPLY" '^550 5\.7\.1 '
equal "outcome" "$(last outcome)" infected
check "second start on the same socket fails" [ "$(timeout 30 env bash -c "$(declare -f as_hopward san); BIN=$BIN B=$B FRONT_UID=$FRONT_UID; as_hopward $BIN/hopward -f -c $T/hopward.conf" >"$T/log/second" 2>&1; echo $?)" -ge 64 ]
send b "$T/in/a"
like "the first serves on" "$REPLY" '^550 5\.7\.1 '
