# What Sendmail's log says of its deliveries becomes records: under TLS, in clear, refused, to a file.
# Sendmail only: its log; that of Postfix: outbound.
. "$(dirname "$0")/../lib.sh"
MILTER='' PORT_TLS=$(free_port) PORT_CLEAR=$(free_port)
# From here by SMTP to listeners of the same Sendmail, which know the recipient under another domain.
SENDMAIL_EXTRA="DAEMON_OPTIONS(\`Name=TLS, Family=inet, Address=127.0.0.1, Port=$PORT_TLS')dnl
DAEMON_OPTIONS(\`Name=CLEAR, Family=inet, Address=127.0.0.1, Port=$PORT_CLEAR, M=S')dnl"
# F=k: it is the same host, and no loop.
mailer() { printf 'M%s,\tP=[IPC], F=mDFMuXak, S=EnvFromSMTP/HdrFromSMTP, R=ToInbox, E=\\r\\n, L=990, T=DNS/RFC822/SMTP, A=TCP $h %s\n' "$1" "$2"; }
SENDMAIL_MAILERS="$(mailer tls "$PORT_TLS")
$(mailer clear "$PORT_CLEAR")
$(mailer nobody "$(free_port)")
SToInbox
R\$+ < @ \$* >	\$@ \$1 < @ example . test >
R\$+ @ \$*	\$@ \$1 @ example . test"
SENDMAIL_RULES=$(for d in tls clear nobody; do printf 'R$+ < @ %s . test > $*\t$#%s $@ [127.0.0.1] $: $1 < @ %s . test > $2\n' $d $d $d; done)
start_mta
write_conf
install -d -m 750 "$T/records" "$T/key"
LOG=$T/log/mail.log
compose "$T/in/a"
logged() { [ "$(grep -c "to=<.*@$1.test>.*, stat=" "$LOG")" -ge "${2:-1}" ]; }
mail_to() { TO=bob@$1.test send "$1" "$T/in/a"; wait_for 30 logged "$1" || die "no delivery to $1"; }
collect() { "$BIN/hopwardctl" -c "$T/hopward.conf" collect --json "$LOG" >"$T/log/sums" 2>"$T/log/collect"; }
# of DOMAIN FIELD: of its delivery
of() { cat "$T"/records/collect-*.jsonl | grep -F "\"domain\":\"$1.test\"" | tail -1 | field "$2"; }
mail_to clear
check "collect" collect
equal "before any TLS line: tls" "$(of clear tls) $(of clear reason)" "unknown not logged"
for d in tls nobody example; do mail_to $d; done
TO=bob@clear.test send clear2 "$T/in/a"
wait_for 30 logged clear 2 || die "no second delivery to clear"
check "all is there" wait_for 20 delivered 4
check "collect" collect
equal "every line was understood" "$(field unreadable <"$T/log/sums")" 0
equal "tls: tls" "$(of tls tls) $(of tls known_by)" "yes session"
equal "tls: version" "$(of tls version)" TLSv1.3
equal "tls: cipher" "$(of tls cipher)" TLS_AES_256_GCM_SHA384
equal "tls: bits" "$(of tls bits) $(of tls alg_bits)" "256 256"
equal "tls: what came of the server's certificate" "$(of tls trust)" FAIL
equal "tls: relay" "$(of tls relay.ip) $(of tls status)" "127.0.0.1 sent"
equal "tls: queue id" "$(of tls queue_id)" "$(sed -n 's/.*\]: \([0-9A-Za-z]*\): to=<bob@tls.test>.*/\1/p' "$LOG")"
equal "in clear, now that TLS is logged" "$(of clear tls) $(of clear known_by)" "no absence"
equal "nobody listens" "$(of nobody tls) $(of nobody reason) $(of nobody status)" "unknown not sent deferred"
equal "into a file" "$(of example tls) $(of example reason)" "unknown local"
unlike "no address" "$(cat "$T"/records/collect-*.jsonl)" 'bob'
check "collect again" collect
equal "nothing twice" "$(field deliveries <"$T/log/sums")" 0
