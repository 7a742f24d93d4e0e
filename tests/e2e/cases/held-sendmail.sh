# held: mail in quarantine is listed, shown, released, dropped and expires, over Sendmail's own tools; each use is recorded before it is done.
# Sendmail only: held is the same for Postfix.
. "$(dirname "$0")/../lib.sh"
LEAKS_KNOWN='"who":"alice"'	# the administrator
export TZ=UTC
QTOOL=$SENDMAIL_ROOT/usr/share/sendmail/qtool.pl
write_conf "actions: { default: { infected = \"quarantine\"; }; };
held: { mta = \"sendmail\"; sendmail = \"$SENDMAIL_ROOT/usr/libexec/sendmail/sendmail\"; sendmail_config = \"$T/sendmail/sendmail.cf\"; qtool = \"$QTOOL\"; };"
start_hopward
start_mta
SPANS=()
held_run() { in_sendmail env SUDO_USER=alice "$BIN/hopwardctl" -c "$T/hopward.conf" "${SPANS[@]}" held "$@" >"$T/log/held.out" 2>"$T/log/held.err" </dev/null; HELD_RC=$?; HELD=$(cat "$T/log/held.out") HELD_ERR=$(cat "$T/log/held.err"); }
acts() { cat "$T"/records/acts-*.jsonl 2>/dev/null | grep -F "\"event\":\"held-$1\""; }
act() { acts "$1" | tail -1 | field "$2"; }
held_mail() {	# NAME: in ID and REF
	compose "$T/in/$1" "$T/in/e" e.com application/octet-stream
	send "$1" "$T/in/$1"
	like "reply to $1" "$REPLY" '^250 '
	ID=$(queue_id "$REPLY")
	wait_for 20 held "$ID" || bad "$1 is not held"
	REF=$(last id)
}
eicar >"$T/in/e"

held_run list
equal "an empty queue" "$HELD_RC $HELD" "0 hopward holds no mail in Sendmail's queue"

held_mail a; a=$ID a_ref=$REF
held_mail b; b=$ID
held_mail c; c=$ID c_ref=$REF
# somebody else's quarantine, by Sendmail's own means
held_mail d; d=$ID
in_sendmail "$SENDMAIL" -C "$T/sendmail/sendmail.cf" -qQ "-qI$d" "-Qother reason" >"$T/log/other" 2>&1
check "the reason is another" grep -q '^qother reason' "$T/queue/mta/hf$d"

# list
held_run list
equal "list" "$HELD_RC" 0
like "a" "$HELD" "$a +$a_ref"
like "its route" "$HELD" 'sender.test -> example.test'
like "its finding" "$HELD" 'infected Eicar-Test-Signature'
unlike "others' holds" "$HELD" "$d"
like "others are counted" "$HELD" '1 more on hold, not by hopward'
held_run list --json
equal "three of them" "$(grep -c . <<<"$HELD")" 3
j=$(grep -F "\"$a\"" <<<"$HELD")
equal "json" "$(field ref <<<"$j") $(field from <<<"$j") $(field to.0 <<<"$j") $(field rule <<<"$j") $(field rcpts <<<"$j")" "$a_ref sender.test example.test mx.infected 1"
held_run list --full
like "whole addresses" "$HELD" 'alice@sender.test -> bob@example.test'
# without its record the reason of the hold is enough
mkdir "$T/aside"; mv "$T"/records/mail-*.jsonl "$T/aside/"
held_run list --json
equal "without records" "$(grep -c . <<<"$HELD") $(grep -F "\"$a\"" <<<"$HELD" | field rule)" "3 mx.infected"
mv "$T"/aside/*.jsonl "$T/records/"

# show
held_run show "$a_ref"
like "story" "$HELD" "$a on gate.example.test"
held_run show --raw --reason r "$a"
equal "no tool for that" "$HELD_RC" 69
like "says so" "$HELD_ERR" 'Sendmail has no tool'

# release
held_run release "$a" --reason 'false alarm' --yes
equal "released" "$HELD_RC" 0
check_not "no longer held" held "$a"
kick() { queue_run; delivered 1; }
check "delivered" wait_for 20 kick
equal "seen once" "$(records | grep -c "\"queue_id\":\"$a\"")" 1
equal "release is recorded" "$(act release data.who) $(act release data.why) $(act release data.ref)" "alice false alarm $a_ref"
held_run release "$d" --reason 'not ours' --yes
equal "somebody else's is not released" "$HELD_RC" 1
check "it stays" held "$d"

# drop
SPANS=(-o held.qtool=/nonexistent)
held_run drop "$b" --reason r --yes
equal "no tool" "$HELD_RC" 69
like "says so" "$HELD_ERR" 'held.qtool'
equal "the failure is recorded" "$(act failed data.queue_id)" "$b"
SPANS=()
held_run drop "$b" --reason 'malware, ticket 17' --yes --json
equal "dropped" "$HELD_RC $(field done <<<"$HELD")" "0 dropped"
equal "gone, with its data" "$(find "$T/queue/mta" -name "*$b")" ""
equal "drop is recorded" "$(act drop data.why)" "malware, ticket 17"

# expiry
SPANS=(-o held.keep=1ms -o held.warn=1ms)
held_run expire
like "warned" "$HELD" '1 held by hopward, 1 warned of, 0 dropped'
held_run expire
like "dropped" "$HELD" '1 held by hopward, 0 warned of, 1 dropped'
check_not "c is gone" held "$c"
equal "expiry is recorded" "$(act expire data.ref)" "$c_ref"
like "the operator's log has it" "$(cat "$T/log/mail.log")" "hopwardctl.*held mail expired and was dropped: $c"
check "somebody else's never expires" held "$d"
