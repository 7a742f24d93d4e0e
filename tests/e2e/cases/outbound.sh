# hopwardctl collect on what the real Postfix writes: versions, trust, clear text, a service that does not log.
# Postfix only: the lines of Postfix' log; those of Sendmail: outbound-sendmail.
. "$(dirname "$0")/../lib.sh"
MILTER='' PORT_TLS=$(free_port) PORT_CLEAR=$(free_port)
# From here by smtp(8) to listeners of the same Postfix, which know the recipient under another domain.
to() { printf '{%s.test=%s:[127.0.0.1]:%s} ' "$1" "$2" "$3"; }
domains="may encrypt verify tls12 none plain quiet none-here reuse"
POSTFIX_EXTRA="smtp_tls_loglevel = 1
smtp_tls_security_level = may
transport_maps = inline:{ $(to may smtp "$PORT_TLS")$(to encrypt encrypt "$PORT_TLS")$(to verify verify "$PORT_TLS")$(to tls12 tls12 "$PORT_TLS")$(to none none "$PORT_TLS")$(to plain smtp "$PORT_CLEAR")$(to quiet quiet "$PORT_TLS")$(to none-here encrypt "$PORT_CLEAR")$(to reuse reuse "$PORT_TLS")}
smtp_generic_maps = inline:{ $(for d in $domains; do printf '{@%s.test=@example.test} ' $d; done)}"
start_postfix
cat >>"$T/postfix/master.cf" <<END
127.0.0.1:$PORT_TLS inet n - n - - smtpd -o myhostname=mx.example.test
127.0.0.1:$PORT_CLEAR inet n - n - - smtpd -o myhostname=mx.example.test -o smtpd_tls_security_level=none
encrypt unix - - n - - smtp -o smtp_tls_security_level=encrypt
verify unix - - n - - smtp -o smtp_tls_security_level=secure -o smtp_tls_CAfile=$T/postfix/cert.pem -o smtp_tls_secure_cert_match=gate.example.test
tls12 unix - - n - - smtp -o smtp_tls_mandatory_protocols=TLSv1.2 -o smtp_tls_protocols=TLSv1.2 -o smtp_tls_ciphers=high -o tls_high_cipherlist=ECDHE-ECDSA-AES128-GCM-SHA256
none unix - - n - - smtp -o smtp_tls_security_level=none
reuse unix - - n - - smtp -o smtp_tls_connection_reuse=yes -o smtp_connection_cache_destinations=static:all -o syslog_name=postfix/reuse
tlsproxy unix - - n - 0 tlsproxy
scache unix - - n - 1 scache
quiet unix - - n - - smtp -o smtp_tls_loglevel=0 -o syslog_name=postfix/quiet
END
kill -HUP "$MASTER_PID"
wait_for 20 listens "$PORT_TLS" && wait_for 20 listens "$PORT_CLEAR" || die "the listeners do not come"
write_conf
install -d -m 750 "$T/records" "$T/key"
LOG=$T/log/mail.log
logged() { grep -q "to=<.*@$1.test>.*status=" "$LOG"; }
compose "$T/in/a"
mail_to() { TO=bob@$1.test send "$1" "$T/in/a"; wait_for 30 logged "$1" || die "no delivery to $1"; }
# of DOMAIN FIELD: of its delivery
of() { cat "$T"/records/collect-*.jsonl | grep -F "\"domain\":\"$1.test\"" | tail -1 | field "$2"; }
mail_to may
check "collect" "$BIN/hopwardctl" -c "$T/hopward.conf" collect --json "$LOG"
FIRST=$(field deliveries <"$T/log/check.out")
for d in encrypt verify tls12 none plain quiet none-here; do mail_to "$d"; done
# One connection, two messages: smtp(8) and tlsproxy(8) both write of it.
mail_to reuse
TO=bob@reuse.test send reuse2 "$T/in/a"
wait_for 30 eval '[ "$(grep -c "to=<bob@reuse.test>.*status=sent" "$LOG")" = 2 ]' || die "no second delivery to reuse"
like "the connection was used again" "$(grep 'to=<bob@reuse.test>' "$LOG" | tail -1)" 'conn_use=2'
like "its twin" "$(grep 'tlsproxy.*TLS connection established to' "$LOG")" tlsproxy
"$BIN/hopwardctl" -c "$T/hopward.conf" collect --json "$LOG" >"$T/log/sums"
equal "reuse: tls" "$(cat "$T"/records/collect-*.jsonl | grep -F '"domain":"reuse.test"' | grep -c '"tls":"yes","known_by":"session","version":"TLSv1.3"')" 2
equal "every line was understood" "$(field unreadable <"$T/log/sums")" 0
equal "deliveries of the second run" "$(field deliveries <"$T/log/sums")" "$(grep -c 'smtp\[.*to=<.*status=\|virtual\[.*status=' "$LOG" | awk -v first="$FIRST" '{ print $1 - first }')"
for d in may encrypt verify; do
	equal "$d: tls" "$(of "$d" tls)" yes
	equal "$d: known by" "$(of "$d" known_by)" session
	equal "$d: version" "$(of "$d" version)" TLSv1.3
	like "$d: cipher" "$(of "$d" cipher)" '^TLS_AES_256_GCM_SHA384$'
	equal "$d: bits" "$(of "$d" bits)" 256
	like "$d: group" "$(of "$d" group)" '^(X25519|P-256|x25519)'
	equal "$d: status" "$(of "$d" status)" sent
done
equal "may: trust" "$(of may trust)" Untrusted
equal "encrypt: trust" "$(of encrypt trust)" Untrusted
equal "verify: trust" "$(of verify trust)" Verified
equal "tls12: version" "$(of tls12 version)" TLSv1.2
equal "tls12: cipher" "$(of tls12 cipher)" ECDHE-ECDSA-AES128-GCM-SHA256
equal "tls12: bits" "$(of tls12 bits)" 128
equal "none: tls" "$(of none tls)" no
equal "none: known by" "$(of none known_by)" absence
equal "plain: tls" "$(of plain tls)" no
equal "plain: known by" "$(of plain known_by)" absence
equal "plain: no version" "$(of plain version)" -
equal "quiet: tls" "$(of quiet tls)" unknown
equal "quiet: reason" "$(of quiet reason)" "not logged"
like "quiet: what to do" "$(field not_logged.0.advice <"$T/log/sums")" 'postfix/quiet/smtp: .*postconf -e smtp_tls_loglevel=1'
equal "TLS required and not offered: tls" "$(of none-here tls)" unknown
equal "TLS required and not offered: status" "$(of none-here status)" deferred
equal "relay" "$(of may relay.ip) $(of may relay.port)" "127.0.0.1 $PORT_TLS"
equal "queue id" "$(of may queue_id)" "$(sed -n 's/.*\]: \([0-9A-Za-z]*\): to=<bob@may.test>.*/\1/p' "$LOG")"
like "time" "$(of may time)" "^$(date -u +%Y-)"
unlike "no address" "$(cat "$T"/records/collect-*.jsonl)" 'bob'
"$BIN/hopwardctl" -c "$T/hopward.conf" collect --json "$LOG" >"$T/log/sums"
equal "nothing twice" "$(field deliveries <"$T/log/sums")" 0
# Postfix read its configuration anew: a missing line proves nothing until one was written again.
kill -HUP "$MASTER_PID"
wait_for 20 eval '[ "$(grep -c "reload -- version" "$LOG")" = 2 ]' || die "no reload"
TO=bob@plain.test send again "$T/in/a"
wait_for 30 eval '[ "$(grep -c "to=<bob@plain.test>" "$LOG")" = 2 ]'
check "collect again" "$BIN/hopwardctl" -c "$T/hopward.conf" collect "$LOG"
equal "after a reload: tls" "$(of plain tls) $(of plain reason)" "unknown not logged"
