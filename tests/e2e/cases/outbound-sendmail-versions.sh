# hopwardctl collect on what the real Sendmail writes: versions, verify=, clear text, handshakes that fail, one connection for two messages.
# Postfix only: Sendmail is the client here, Postfix its server.
WORLD_NEEDS=sendmail
MTA=postfix
. "$(dirname "$0")/../chain/world.sh"
. "$(dirname "$0")/../lib.sh"
. "$E2E/chain/chain.sh"
# DOMAIN.test goes to the listener of one Postfix that has this link; at 192.0.2.90 there is nobody.
declare -A LINK=([tls13]=TLSv1.3/TLS_AES_256_GCM_SHA384 [tls12]=TLSv1.2/ECDHE-RSA-AES128-GCM-SHA256 [tls10]=TLSv1/AES256-SHA
	[plain]=none [other-ca]=TLSv1.2/ECDHE-ECDSA-AES256-GCM-SHA384 [anonymous]=TLSv1.2/ADH-AES256-SHA256
	[broken]=TLSv1.2/NONE-SUCH [reuse]=TLSv1.2/AES128-SHA)
declare -A IP=([nobody]=192.0.2.90) G
hosts=(nobody.test=192.0.2.90) n=41
for d in "${!LINK[@]}"; do
	IP[$d]=192.0.2.$n
	hosts+=("$d.test=192.0.2.$((n++))")
done
IP[refused]=${IP[tls13]} IP[quiet]=${IP[tls13]} IP[fallback]=${IP[broken]} IP[sender]=${IP[tls13]}
chain_begin "${hosts[@]}"
MILTER=''
start_mta
sed -i "s|^mynetworks = .*|mynetworks = 127.0.0.0/8 $SENDMAIL_IP|" "$T/postfix/main.cf"
echo 'smtpd_recipient_restrictions = check_recipient_access inline:{{refused.test = 550 5.1.1 no such user}}, permit_mynetworks, reject' >>"$T/postfix/main.cf"
for d in "${!LINK[@]}"; do postfix_listener "${IP[$d]}" "${LINK[$d]}"; done >>"$T/postfix/master.cf"
kill -HUP "$MASTER_PID"
for d in "${!LINK[@]}"; do wait_for 20 bound "${IP[$d]}" 25 || die "the listener for $d does not come"; done
SENDMAIL_EXTRA="LOCAL_RULE_0
$(for d in "${!IP[@]}"; do printf 'R$+ < @ %s . test . > $*\t$#relay $@ [%s] $: $1 < @ %s.test > $2\n' "$d" "${IP[$d]}" "$d"
printf 'R$+ < @ %s . test > $*\t$#relay $@ [%s] $: $1 < @ %s.test > $2\n' "$d" "${IP[$d]}" "$d"; done)"
start_sendmail none "${LINK[tls13]}" 192.0.2.90
write_conf
install -d -m 750 "$T/records" "$T/key"
LOG=$T/log/syslog
compose "$T/in/a"
mail_to() { sendmail_command -i -f alice@sender.test "${@:2}" "bob@$1.test" <"$T/in/a" >>"$T/log/send" 2>&1; }
# What became of those to a domain, besides being put into the queue
results() { grep "to=<*bob@$1.test.* relay=.* stat=" "$LOG"; }
has_result() { [ "$(results "$1" | wc -l)" -ge "${2:-1}" ]; }
collect() { "$BIN/hopwardctl" -c "$T/hopward.conf" collect --json "$LOG" >"$T/log/sums" 2>&1 || die "collect: $(cat "$T/log/sums")"; }
of() { cat "$T"/records/collect-*.jsonl | grep -F "\"domain\":\"$1.test\"" | tail -1 >"$T/log/delivery"; flat "$T/log/delivery" G; }
# delivery DOMAIN WHAT-IS-KNOWN STATUS [TRUST]: with TLS, its session is that of the link
delivery() {
	local d=$1 link=none
	[[ $2 != yes* ]] || link=${LINK[${5:-$1}]}
	of "$d"
	equal "$d: tls" "${G[tls]:-} ${G[known_by]:-}${G[reason]:-}" "$2"
	equal "$d: version, cipher" "${G[version]:-} ${G[cipher]:-}" "$(version_of "$link") $(cipher_of "$link")"
	equal "$d: bits" "${G[bits]:-} ${G[alg_bits]:-}" "$(bits_of "$link") $(bits_of "$link")"
	equal "$d: certificate" "${G[trust]:-}" "${4:-}"
	equal "$d: status" "${G[status]:-}" "$3"
	equal "$d: relay" "${G[relay.host]:-} ${G[relay.ip]:-}" "[${IP[$d]}] ${IP[$d]}"
	equal "$d: queue id" "${G[queue_id]:-}" "$(results "$d" | tail -1 | sed 's/.*\]: \([^:]*\): to=.*/\1/')"
}
for d in plain tls13 tls12 tls10 other-ca anonymous nobody refused broken; do
	mail_to "$d"
	wait_for 30 has_result "$d" || die "no delivery to $d"
done
# What it could not encrypt it sends in clear, if it is told to.
mail_to fallback -O TLSFallbacktoClear=true
wait_for 30 has_result fallback || die "no delivery to fallback"
# At level 8 it logs deliveries, and no sessions.
mail_to quiet -L sm-quiet -O LogLevel=8
wait_for 30 has_result quiet || die "no delivery to quiet"
# Two over one connection: the second has no session line of its own.
mail_to reuse -odq
mail_to reuse -odq
sendmail_command -qRreuse.test >>"$T/log/send" 2>&1
wait_for 30 has_result reuse 2 || die "no delivery to reuse"
equal "one connection for two" "$(grep -c "STARTTLS=client, relay=\[${IP[reuse]}\], version" "$LOG") $(results reuse | grep -c stat=Sent)" "1 2"
collect
delivery plain "unknown not logged" sent
delivery tls13 "yes session" sent OK
delivery tls12 "yes session" sent OK
delivery tls10 "yes session" sent OK
delivery other-ca "yes session" sent FAIL
delivery anonymous "yes session" sent NO
delivery nobody "unknown not sent" deferred
delivery refused "yes session" bounced OK tls13
delivery broken "unknown not sent" deferred
delivery fallback "no absence" sent
delivery quiet "unknown not logged" sent
delivery reuse "yes session" sent OK
equal "reuse: both" "$(cat "$T"/records/collect-*.jsonl | grep -F '"domain":"reuse.test"' | grep -c '"tls":"yes","known_by":"session","version":"TLSv1.2"')" 2
flat "$T/log/sums" G
equal "every line was understood" "${G[unreadable]}" 0
like "quiet: what to do" "$(cat "$T/log/sums")" 'sm-quiet.*LogLevel'
