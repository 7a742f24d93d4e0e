# hopwardctl collect on Postfix as a client: old versions, each trust word, handshakes that fail, what then goes in clear.
# Postfix only: it is about the client in Postfix.
WORLD_NEEDS=
MTA=postfix
. "$(dirname "$0")/../chain/world.sh"
. "$(dirname "$0")/../lib.sh"
. "$E2E/chain/chain.sh"
# DOMAIN.test goes to the listener of the same Postfix that has this link, by a client of its own where it stands in CLIENT.
declare -A LINK=([tls10]=TLSv1/AES128-SHA [tls11]=TLSv1.1/ECDHE-RSA-AES256-SHA [chacha]=TLSv1.2/ECDHE-RSA-CHACHA20-POLY1305
	[tls13]=TLSv1.3/TLS_AES_256_GCM_SHA384 [plain]=none [anonymous]=TLSv1.2/ADH-AES256-GCM-SHA384 [broken]=TLSv1.2/NONE-SUCH)
declare -A CLIENT=([other-name]="-o smtp_tls_security_level=secure -o smtp_tls_CAfile=@CERT@ -o smtp_tls_secure_cert_match=other.test"
	[trusted]="-o smtp_tls_CAfile=@CERT@" [verified]="-o smtp_tls_security_level=secure -o smtp_tls_CAfile=@CERT@ -o smtp_tls_secure_cert_match=chain.test"
	[must]="-o smtp_tls_security_level=encrypt")
declare -A IP G
hosts=() n=41
for d in "${!LINK[@]}"; do
	IP[$d]=192.0.2.$n
	hosts+=("$d.test=192.0.2.$((n++))")
done
for d in other-name trusted verified; do IP[$d]=${IP[tls13]} LINK[$d]=${LINK[tls13]}; done
IP[must]=${IP[broken]}
chain_begin "${hosts[@]}"
# The servers take the recipient under another domain, and deliver him.
MILTER='' POSTFIX_EXTRA="smtp_tls_loglevel = 1
smtp_tls_security_level = may
smtp_tls_protocols = >=TLSv1
smtp_tls_mandatory_protocols = >=TLSv1
smtp_tls_ciphers = high
minimal_backoff_time = 1s
queue_run_delay = 1s
smtp_tls_mandatory_ciphers = high
tls_high_cipherlist = ALL:@SECLEVEL=0
smtp_generic_maps = inline:{$(for d in "${!IP[@]}"; do printf ' {@%s.test=@example.test}' "$d"; done)}
transport_maps = inline:{$(for d in "${!IP[@]}"; do printf ' {%s.test=%s:[%s]:25}' "$d" "$([ -n "${CLIENT[$d]:-}" ] && echo "$d" || echo smtp)" "${IP[$d]}"; done)}"
start_mta
sed -i 's|^mynetworks = .*|mynetworks = 127.0.0.0/8 192.0.2.0/24|' "$T/postfix/main.cf"
{
	for d in "${!LINK[@]}"; do [[ -v CLIENT[$d] ]] || postfix_listener "${IP[$d]}" "${LINK[$d]}" "-o myhostname=mx.example.test"; done
	for d in "${!CLIENT[@]}"; do echo "$d unix - - n - - smtp ${CLIENT[$d]//@CERT@/$CHAIN/cert.pem}"; done
} >>"$T/postfix/master.cf"
kill -HUP "$MASTER_PID"
for d in "${!IP[@]}"; do wait_for 20 bound "${IP[$d]}" 25 || die "the listener for $d does not come"; done
write_conf
install -d -m 750 "$T/records" "$T/key"
LOG=$T/log/mail.log
logged() { grep -q "to=<.*@$1.test>.*status=" "$LOG"; }
compose "$T/in/a"
for d in tls13 plain tls10 tls11 chacha anonymous trusted verified other-name broken must; do
	TO=bob@$d.test send "$d" "$T/in/a"
	wait_for 30 logged "$d" || die "no delivery to $d"
done
# The first try failed; when the message has waited, Postfix sends it in clear.
wait_for 30 eval 'grep -q "to=<bob@broken.test>.*status=sent" "$LOG"' || die "broken: never sent"
"$BIN/hopwardctl" -c "$T/hopward.conf" collect --json "$LOG" >"$T/log/sums" 2>&1 || die "collect: $(cat "$T/log/sums")"
# delivery DOMAIN STATUS WHAT-IS-KNOWN TRUST [LINK]: the newest of that status; with TLS its session is that of the link
delivery() {
	local d=$1 link=none
	[[ $3 != yes* ]] || link=${LINK[$d]}
	cat "$T"/records/collect-*.jsonl | grep -F "\"domain\":\"$d.test\"" | grep -F "\"status\":\"$2\"" | tail -1 >"$T/log/delivery"
	[ -s "$T/log/delivery" ] || { bad "$d: no delivery that was $2"; return; }
	flat "$T/log/delivery" G
	equal "$d: tls" "${G[tls]:-} ${G[known_by]:-}${G[reason]:-}" "$3"
	equal "$d: version, cipher" "${G[version]:-} ${G[cipher]:-}" "$(version_of "$link") $(cipher_of "$link")"
	equal "$d: bits" "${G[bits]:-} ${G[alg_bits]:-}" "$(bits_of "$link") $(bits_of "$link")"
	equal "$d: certificate" "${G[trust]:-}" "${4:-}"
	equal "$d: relay" "${G[relay.ip]:-} ${G[relay.port]:-}" "${IP[$d]} 25"
	equal "$d: queue id" "${G[queue_id]:-}" "$(sed -n "s/.*\]: \([^:]*\): to=<bob@$d.test>, .*status=$2.*/\1/p" "$LOG" | tail -1)"
}
delivery tls13 sent "yes session" Untrusted
delivery tls10 sent "yes session" Untrusted
delivery tls11 sent "yes session" Untrusted
delivery chacha sent "yes session" Untrusted
delivery plain sent "no absence"
delivery anonymous sent "yes session" Anonymous
delivery trusted sent "yes session" Trusted
delivery verified sent "yes session" Verified
delivery other-name deferred "yes session" Untrusted
delivery broken deferred "unknown not sent"
delivery broken sent "no absence"
delivery must deferred "unknown not sent"
flat "$T/log/sums" G
equal "every line was understood" "${G[unreadable]}" 0
