# The chain holds over kill -9 of the front and of all, over a stop, and over days of work with hopwardctl; one key a stream, which only the front's user can read.
. "$(dirname "$0")/../lib.sh"
seals() { of_type seal | wc -l; }
verified() { "$BIN/hopwardctl" -c "$T/hopward.conf" verify --public "$T/first" --anchor "$T/anchor" >"$T/log/verify" 2>&1; }
write_conf
start_hopward -o seal.epoch=1s
start_mta
wait_engine
compose "$T/in/a"
send a "$T/in/a"
"$BIN/hopwardctl" -c "$T/hopward.conf" seal show --stream mail >"$T/first" 2>"$T/log/seal-show"
like "the first key" "$(cat "$T/first")" '^mail +[0-9a-f]{64} +epoch '
equal "keys are the front's alone" "$(stat -c '%u %a' "$T/key/seal" "$T/key/seal/mail.key" | tr '\n' ' ')" "$FRONT_UID 700 $FRONT_UID 400 "
sealed_twice() { [ "$(seals)" -ge 2 ]; }
check "epochs end by themselves" wait_for 30 sealed_twice
"$BIN/hopwardctl" -c "$T/hopward.conf" seal anchor --stream mail >"$T/anchor" 2>&1
like "an anchor" "$(cat "$T/anchor")" '^mail [0-9]+ [0-9a-f]{64}$'
check "verify under way" verified
front=$(front_pid)
kill -9 "$front"
replaced() { local p; p=$(front_pid); [ -n "$p" ] && [ "$p" != "$front" ] && [ "$(status listening)" = true ]; }
check "a new front" wait_for 30 replaced
send b "$T/in/a"
check "verify after kill -9 of the front" verified
kill -9 "$HOPWARD_PID" "$(front_pid)"
wait "$HOPWARD_PID" 2>/dev/null
gone() { [ -z "$(front_pid)" ]; }
wait_for 10 gone
start_hopward
wait_engine
send c "$T/in/a"
check "verify after kill -9 of all" verified
stop_hopward
check "verify after the stop" verified
equal "the last line is a seal" "$(cat "$T"/records/mail-*.jsonl | tail -1 | field type)" seal
equal "one chain" "$(of_type seal-init | wc -l)" 1
equal "all records" "$(record_count)" 3
# nothing has to be looked for: a changed octet is named
sed -i '/"type":"message"/s/"outcome":"clean"/"outcome":"cleam"/' "$T"/records/mail-*.jsonl
check_not "a changed record" verified
like "is named" "$(cat "$T/log/verify")" 'altered'
