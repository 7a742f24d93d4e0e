# hopwardctl explain: what came through the milter and how Postfix handed it on are one story, by queue id, gateway and time.
# Postfix only: the far side is a second listener of the same Postfix.
. "$(dirname "$0")/../lib.sh"
PORT_TLS=$(free_port)
POSTFIX_EXTRA="smtp_tls_loglevel = 1
smtp_tls_security_level = may
transport_maps = inline:{ {away.test=smtp:[127.0.0.1]:$PORT_TLS} {nobody.test=smtp:[127.0.0.1]:$PORT_TLS} }
smtp_generic_maps = inline:{ {@away.test=@example.test} {@nobody.test=@refuse.test} }"
write_conf
start_hopward
start_mta
cat >>"$T/postfix/master.cf" <<END
127.0.0.1:$PORT_TLS inet n - n - - smtpd -o myhostname=mx.example.test -o smtpd_milters= -o { smtpd_recipient_restrictions = check_recipient_access inline:{{refuse.test=REJECT}}, permit_mynetworks, reject }
END
kill -HUP "$MASTER_PID"
wait_for 20 listens "$PORT_TLS" || die "the listener does not come"
LOG=$T/log/mail.log
explain() { ctl explain --json "$@" >"$T/log/explain"; }
# of PATH: of the story
of() { field "$1" <"$T/log/explain"; }

compose "$T/in/a"
TO=bob@away.test send a "$T/in/a"
like "reply" "$REPLY" '^250 '
ID=$(last queue_id)
wait_for 30 grep -q "$ID: to=<bob@away.test>.*status=sent" "$LOG" || die "no delivery"
check "collect" ctl collect - <"$LOG"
explain "$ID"
equal "the message" "$(of message.id)" "$(last id)"
equal "its delivery" "$(of deliveries.0.queue_id) $(of deliveries.0.tls) $(of deliveries.0.version) $(of deliveries.0.status)" "$ID yes TLSv1.3 sent"
equal "its grade" "$(of deliveries.0.graded.grade)" recommended
equal "no other" "$(of others)" 0
explain "$(last id)"
equal "by the record's id" "$(of queue_id)" "$ID"
ctl explain "$ID" >"$T/log/story"
like "told: came" "$(cat "$T/log/story")" "came .*-> away.test"
like "told: answer" "$(cat "$T/log/story")" "answer .*taken"
like "told: went" "$(cat "$T/log/story")" "away.test via 127.0.0.1\[127.0.0.1\]:$PORT_TLS: sent 2.0.0; TLSv1.3 .*recommended"
like "log has both" "$(ctl log --queue-id "$ID" | sed 's/ .*TLSv1.3/ TLSv1.3/')" "TLSv1.3"
equal "log: two rows" "$(ctl log --json --queue-id "$ID" | wc -l)" 2

# refused: nothing went
eicar >"$T/in/e"
compose "$T/in/b" "$T/in/e" e.com application/octet-stream
TO=bob@away.test send b "$T/in/b"
like "refused" "$REPLY" '^550 '
ctl explain "$(last queue_id)" >"$T/log/story"
like "told: the part" "$(cat "$T/log/story")" 'e\.com.*infected'
like "told: refused" "$(cat "$T/log/story")" 'answer .*refused: 550 5.7.1'
unlike "told: nothing went" "$(cat "$T/log/story")" 'went'

# a bounce, which no milter sees, has a story of its own
TO=bob@nobody.test send c "$T/in/a"
ID=$(last queue_id)
wait_for 30 grep -q "$ID: to=<bob@nobody.test>.*status=bounced" "$LOG" || die "no bounce"
rm -f "$T"/records/collect-*
check "collect again" ctl collect - <"$LOG"
explain "$ID"
equal "bounced" "$(of deliveries.0.status) $(of deliveries.0.tls)" "bounced yes"
BOUNCE=$(sed -n "s/.*$ID: sender non-delivery notification: //p" "$LOG")
wait_for 30 grep -q "$BOUNCE: to=" "$LOG" || die "the bounce went nowhere"
rm -f "$T"/records/collect-*
check "collect a third time" ctl collect - <"$LOG"
ctl explain "$BOUNCE" >"$T/log/story"
like "the bounce" "$(cat "$T/log/story")" 'is not on record.*went +1 delivery'

# a gateway that the log calls otherwise: not joined, and said
sed -i 's/"gateway":"gate"/"gateway":"other"/' "$T"/records/collect-*
ctl explain "$ID" >"$T/log/story"
unlike "another gateway's are not joined" "$(cat "$T/log/story")" 'bounced'
like "what to do" "$(cat "$T/log/story")" 'logged by other: if that is this gateway'
