# held: mail on hold is listed, shown, released, dropped and expires, over Postfix' own tools; each use is recorded before it is done.
# Postfix only: held-sendmail is the same for Sendmail.
. "$(dirname "$0")/../lib.sh"
LEAKS_KNOWN='"who":"alice"'	# the administrator
export TZ=UTC
HELD_CONF="held: { mta = \"postfix\"; postfix_config = \"$T/postfix\"; };"
write_conf "actions: { default: { infected = \"quarantine\"; }; }; $HELD_CONF"
start_hopward
start_mta
# root itself, also with sanitizers: the queue is root's.
held_run() { "${CTL_BY[@]}" "$BIN/hopwardctl" -c "$T/hopward.conf" "${SPANS[@]}" held "$@" >"$T/log/held.out" 2>"$T/log/held.err" </dev/null; HELD_RC=$?; HELD=$(cat "$T/log/held.out") HELD_ERR=$(cat "$T/log/held.err"); }
CTL_BY=(env SUDO_USER=alice) SPANS=()
acts() { cat "$T"/records/acts-*.jsonl 2>/dev/null | grep -F "\"event\":\"held-$1\""; }
act() { acts "$1" | tail -1 | field "$2"; }
count_acts() { acts "$1" | wc -l; }
held_mail() {	# NAME: in ID and REF
	compose "$T/in/$1" "$T/in/e" e.com application/octet-stream
	send "$1" "$T/in/$1"
	like "reply to $1" "$REPLY" '^250 '
	ID=$(queue_id "$REPLY")
	wait_for 20 held "$ID" || bad "$1 is not held"
	REF=$(last id)
}
eicar >"$T/in/e"

# nothing yet
held_run list
equal "an empty queue" "$HELD_RC $HELD" "0 hopward holds no mail in Postfix' queue"

held_mail a; a=$ID a_ref=$REF
held_mail b; b=$ID
held_mail c; c=$ID c_ref=$REF
# somebody else's hold, of a message that hopward let pass
compose "$T/in/d"
postconf -c "$T/postfix" -e 'default_destination_concurrency_limit = 1' 'defer_transports = virtual' && postfix -c "$T/postfix" reload 2>/dev/null
send d "$T/in/d"; d=$(queue_id "$REPLY")
check "waits" wait_for 20 [ -n "$(find "$T/queue" -name "$d")" ]
hold_d() { postsuper -c "$T/postfix" -h "$d" 2>/dev/null; held "$d"; }
check "held by another" wait_for 20 hold_d
postconf -c "$T/postfix" -e 'defer_transports =' && postfix -c "$T/postfix" reload 2>/dev/null

# list
held_run list
equal "list" "$HELD_RC" 0
like "a" "$HELD" "$a +$a_ref"
like "its route" "$HELD" 'sender.test -> example.test'
like "its finding" "$HELD" 'infected Eicar-Test-Signature'
like "what is left" "$HELD" '1[34] d'
unlike "others' holds" "$HELD" "$d"
like "others are counted" "$HELD" '1 more on hold, not by hopward'
unlike "no addresses" "$HELD" 'alice@|bob@'
held_run list --json
equal "three of them" "$(grep -c . <<<"$HELD")" 3
j=$(grep -F "\"$a\"" <<<"$HELD")
equal "json: ref" "$(field ref <<<"$j")" "$a_ref"
equal "json: from" "$(field from <<<"$j")" sender.test
equal "json: to" "$(field to.0 <<<"$j")" example.test
equal "json: outcome" "$(field outcome <<<"$j")" infected
equal "json: rule" "$(field rule <<<"$j")" mx.infected
like "json: signature" "$(field signature <<<"$j")" Eicar
equal "json: not warned" "$(field warned <<<"$j")" -
held_run list --full
like "whole addresses" "$HELD" 'alice@sender.test -> bob@example.test'
held_run list --signature 'Nothing*'
equal "no such signature" "$HELD" "hopward holds no mail in Postfix' queue with that signature
1 more on hold, not by hopward (or its record is gone)"
CTL_BY=(setpriv --reuid=$FRONT_UID --regid=$FRONT_UID --clear-groups)
if ! san; then
	held_run release "$a" --yes --reason r
	equal "not root" "$HELD_RC" 77
	like "what to do" "$HELD_ERR" 'sudo hopwardctl held release'
	held_run list --full
	equal "not root, whole addresses" "$HELD_RC" 77
fi
CTL_BY=(env SUDO_USER=alice)

# show
held_run show "$a"
equal "show" "$HELD_RC" 0
like "story" "$HELD" "$a on gate.example.test"
like "parts" "$HELD" '"e.com", application/octet-stream'
like "held since" "$HELD" 'held +since .*record '"$a_ref"
held_run show "$a_ref"
like "by its record" "$HELD" "$a on gate.example.test"
held_run show --json "$a"
equal "json: record" "$(field record.id <<<"$HELD")" "$a_ref"
held_run show --raw "$a"
equal "raw without a reason" "$HELD_RC" 64
equal "is not recorded" "$(count_acts raw)" 0
held_run show --raw --reason 'look at the attachment' "$a"
like "raw" "$HELD" 'X-Virus-Status: Infected'
like "the whole message" "$HELD" "$(base64 -w 60 "$T/in/e" | head -1 | cut -c1-40)"
equal "raw is recorded" "$(act raw data.ref) $(act raw data.who) $(act raw data.why)" "$a_ref alice look at the attachment"
held_run show "$d"
equal "somebody else's" "$HELD_RC" 1
held_run show nosuch
equal "none" "$HELD_RC" 1

# release
held_run release "$a"
equal "without a reason" "$HELD_RC" 64
held_run release "$a" --reason 'false alarm'
equal "nobody to ask" "$HELD_RC" 64
like "says so" "$HELD_ERR" 'nothing was done.*--yes'
check "still held" held "$a"
# a record that cannot be written: nothing is done
exec 8>"$T/records/.acts.lock"; flock 8
held_run release "$a" --reason 'false alarm' --yes
exec 8>&-
equal "no record" "$HELD_RC" 73
like "no record, says so" "$HELD_ERR" 'nothing was done'
check "no record, no deed" held "$a"
equal "no record of it" "$(count_acts release)" 0
held_run release "$a" --reason 'false alarm' --yes
equal "released" "$HELD_RC" 0
like "says what it does" "$HELD" 'hopward does not see it again'
check_not "no longer held" held "$a"
kick() { queue_run; delivered 1; }
check "delivered" wait_for 20 kick
equal "seen once" "$(records | grep -c "\"queue_id\":\"$a\"")" 1
equal "release is recorded" "$(act release data.who) $(act release data.by) $(act release data.why)" "alice sudo false alarm"
equal "of which" "$(act release data.ref) $(act release data.queue_id) $(act release gateway)" "$a_ref $a gate.example.test"
equal "owner of the acts" "$(stat -c %u:%a "$T"/records/acts-*.jsonl)" "$FRONT_UID:640"
held_run release "$d" --reason 'not ours' --yes
equal "somebody else's is not released" "$HELD_RC" 1
check "it stays" held "$d"

# drop
held_run drop "$b" --reason 'malware, ticket 17' --yes --json
equal "dropped" "$HELD_RC $(field done <<<"$HELD")" "0 dropped"
check_not "gone" held "$b"
equal "drop is recorded" "$(act drop data.who) $(act drop data.why)" "alice malware, ticket 17"
held_run drop "$b" --reason again --yes
equal "twice" "$HELD_RC" 1

# the log shows it
like "log" "$("$BIN/hopwardctl" -c "$T/hopward.conf" log --type event)" 'acts held-drop.*why=malware'

# expiry: a warning first, also where nobody looked for a long time
held_run expire
equal "nothing to expire" "$HELD" '1 held by hopward, 0 warned of, 0 dropped'
# other spans for the same age
SPANS=(-o held.keep=1ms -o held.warn=1h)
held_run expire --dry-run
like "would warn" "$HELD" "would be warned of: $c"
equal "a dry run records nothing" "$(count_acts warn)" 0
held_run expire
like "warned, though older than held.keep" "$HELD" '1 held by hopward, 1 warned of, 0 dropped'
equal "warning is recorded" "$(act warn data.ref)" "$c_ref"
held_run expire
like "once, and not dropped before its time" "$HELD" '1 held by hopward, 0 warned of, 0 dropped'
held_run list
like "what is left" "$HELD" "$c .* 5[89] min"
SPANS=(-o held.keep=0 -o held.warn=1ms)
held_run expire
like "for ever" "$HELD" '1 held by hopward, 0 warned of, 0 dropped'
SPANS=(-o held.keep=1ms -o held.warn=1ms)
held_run list
like "due" "$HELD" "$c .* due "
held_run expire --dry-run
like "would drop" "$HELD" '1 would be dropped'
check "a dry run drops nothing" held "$c"
held_run expire
like "dropped" "$HELD" '0 warned of, 1 dropped'
check_not "c is gone" held "$c"
equal "expiry is recorded" "$(act expire data.ref) $(act expire data.why)" "$c_ref held.keep is 1ms"
check "somebody else's never expires" held "$d"
