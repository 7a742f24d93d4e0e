# An exception and observing for a while: at once, on record, over by themselves; a restart and a killed front keep them.
. "$(dirname "$0")/../lib.sh"
set_milter
write_conf "exceptions: { file = \"$T/run/exceptions\"; };"
start_hopward
start_mta
wait_engine
eicar >"$T/in/eicar"
n=0
# eicar_mail: sends it; sets REPLY
eicar_mail() { n=$((n + 1)); compose "$T/in/m$n" "$T/in/eicar" sample.txt application/octet-stream; send "m$n" "$T/in/m$n"; }
event() { events | grep "\"event\":\"$1\"" | tail -1 | field "$2"; }
except() { ctl except "$@" >"$T/log/ctl" 2>&1; }
eicar_mail
like "at first" "$REPLY" '^550 '
signature=$(last signature)
delivered_before=$(inbox | wc -l)

# an exception holds from the next message on
check "add" except add --signature "$signature" --until 1h --reason 'a "bad" signature'
id=$(ctl except list --json | field exceptions.0.id)
eicar_mail
like "with the exception" "$REPLY" '^250 '
check "delivered" wait_for 20 delivered $((delivered_before + 1))
equal "action" "$(last action)" accept
equal "the record names it" "$(last rule)" "exception.$id"
equal "event: id" "$(event except-add data.id)" "$id"
equal "event: what" "$(event except-add data.signature)" "$signature"
equal "event: reason" "$(event except-add data.reason)" 'a "bad" signature'
equal "event: uid" "$(event except-add data.uid)" "$(san && echo $FRONT_UID || echo 0)"
equal "status counts it" "$(status exceptions)" 1

check "scan says the same" grep -qF "\"rule\":\"exception.$id\"" <(ctl scan --json "$T/in/m$n" 2>&1)
equal "and lists it" "$(last exceptions.0.id) $(last exceptions.0.outcome)" "$id infected"

# a killed front keeps it, and so does a restart
old=$(front_pid)
kill -9 "$old"
new_front() { local p; p=$(front_pid); [ -n "$p" ] && [ "$p" != "$old" ] && [ "$(status listening)" = true ]; }
check "a new front" wait_for 30 new_front
eicar_mail
like "after the front was killed" "$REPLY" '^250 '
stop_hopward
start_hopward
wait_engine
eicar_mail
like "after a restart" "$REPLY" '^250 '

# removed
check "remove" except remove "$id" --reason 'a new signature came'
eicar_mail
like "removed" "$REPLY" '^550 '
equal "event: removed" "$(event except-remove data.id) $(event except-remove data.reason)" "$id a new signature came"

# it ends by itself
check "for seconds" except add --signature "$signature" --until 12s --reason short
eicar_mail
like "while it holds" "$REPLY" '^250 '
check "its end is on record" wait_for 40 event_named except-end
eicar_mail
like "when it is over" "$REPLY" '^550 '
equal "none in force" "$(status exceptions)" 0
check "the file says so" grep -q '^# ended .* except ' "$T/run/exceptions"

# to observe for a while
check "observe" ctl mode observe --for 1h --reason drill
eicar_mail
like "observed" "$REPLY" '^250 '
equal "would" "$(last action) $(last would.action)" "accept reject"
like "status warns" "$(ctl status)" 'warning: mode is observe until .*drill'
equal "status: mode" "$(status mode)" observe
check "enforce" ctl mode enforce
eicar_mail
like "enforced" "$REPLY" '^550 '
check "observe, for seconds" ctl mode observe --for 12s --reason short
eicar_mail
like "observed for seconds" "$REPLY" '^250 '
over() { [ "$(events | grep -c '"event":"mode-enforce"')" = 2 ]; }
check "ends by itself" wait_for 40 over
equal "by time" "$(event mode-enforce data.via)" time
eicar_mail
like "over" "$REPLY" '^550 '

# by hand: a broken line is said and left out, the others hold
{ echo 'except id=bad until=tomorrow reason="x"'; echo "except id=HAND1 signature=$signature until=2099-01-01 reason=\"by hand\""; } >>"$T/run/exceptions"
ctl reload >"$T/log/ctl" 2>&1
by_hand() { events | grep -q '"HAND1"'; }
check "the line by hand is on record" wait_for 10 by_hand
eicar_mail
like "by hand" "$REPLY" '^250 '
like "the broken line in status" "$(ctl status)" 'exceptions.file: line [0-9]+: .*left out'
check "and in the log" grep -q 'left out, the others hold' "$T/log/hopward"
check "it stays in the file" grep -q '^except id=bad ' "$T/run/exceptions"
check "another change keeps it" except remove HAND1
check "it still stays" grep -q '^except id=bad ' "$T/run/exceptions"
check_not "the list tells of it" except list
