# Exim -> OpenSMTPD -> Sendmail -> Postfix with hopward, each link as it is set: the record and `hopwardctl hops` say exactly that.
# Postfix only: the chain has a Sendmail of its own, before Postfix.
WORLD_NEEDS="exim opensmtpd sendmail"
MTA=postfix
. "$(dirname "$0")/../chain/world.sh"
. "$(dirname "$0")/../lib.sh"
LEAKS_KNOWN='/records/'	# privacy = "full"
. "$E2E/chain/chain.sh"

# A run: whose addresses are ours (Sendmail's, OpenSMTPD's, Exim's, or nobody's), then the links:
# client to Exim, Exim to OpenSMTPD, OpenSMTPD to Sendmail, Sendmail to Postfix.
RUNS=(
	"s TLSv1.3/TLS_AES_256_GCM_SHA384 TLSv1.2/ECDHE-RSA-AES128-GCM-SHA256 none TLSv1.3/TLS_AES_128_GCM_SHA256"
	"s none TLSv1.3/TLS_CHACHA20_POLY1305_SHA256 TLSv1.2/ECDHE-RSA-AES256-GCM-SHA384 none"
	"so TLSv1.2/ECDHE-RSA-CHACHA20-POLY1305 none TLSv1.3/TLS_AES_256_GCM_SHA384 TLSv1.2/ECDHE-ECDSA-AES256-GCM-SHA384"
	"- TLSv1/AES128-SHA TLSv1.1/ECDHE-RSA-AES256-SHA TLSv1.2/AES128-GCM-SHA256 TLSv1.1/ECDHE-ECDSA-AES128-SHA"
	"oe none none none none"
	"soe TLSv1.2/AES256-SHA TLSv1/ECDHE-RSA-AES128-SHA TLSv1/AES256-SHA TLSv1/AES128-SHA"
)
# In one Sendmail answers late; in one all servers are ours, and the client, which is not, brings a field of one of them.
LATE=1 FORGED=$((${#RUNS[@]} - 1))	# and with it goes one that began in Exim
FORGERY='Received: from ours (ours [192.0.2.30]) by exim.chain.test with esmtps (TLS1.3) tls TLS_AES_256_GCM_SHA384 (Exim 4.96) id 1xVcas-0000B4-0e'
declare -A R H G	# a record, the file's hops, whatever else

# What is known of hop N (0 is the one to Postfix) of any run.
BY=(gate.example.test sendmail.chain.test opensmtpd.chain.test exim.chain.test)
HELO=(sendmail.chain.test opensmtpd.chain.test exim.chain.test client.sender.test)
FROM_IP=($SENDMAIL_IP $OPENSMTPD_IP $EXIM_IP $CLIENT_IP)
WITH=(ESMTP ESMTP ESMTP esmtp)
evidence() {	# OURS: of the four hops
	case $1 in
	soe) echo observed attested attested attested ;;
	so) echo observed attested attested claimed ;;
	s) echo observed attested claimed claimed ;;
	*) echo observed claimed claimed claimed ;;	# without Sendmail's nothing beyond can be believed
	esac
}
networks() {	# OURS: as configuration
	local n=()
	[[ $1 != *s* ]] || n+=("\"$SENDMAIL_IP\"")
	[[ $1 != *o* ]] || n+=("\"$OPENSMTPD_IP/32\"")
	[[ $1 != *e* ]] || n+=("\"$EXIM_IP\"")
	(IFS=,; echo "internal_networks = [ ${n[*]} ];")
}
# as_written N LINK: version and cipher in the field of hop N
as_written() {
	local v c
	v=$(version_of "$2") c=$(cipher_of "$2")
	if [ "$1" = 3 ]; then
		# Exim names IANA's suite, and with GnuTLS those of TLS 1.3 like older ones.
		[ "$v" != TLSv1 ] || v=TLSv1.0
		v=${v/v/} c=$(iana_of "$2")
		[ "$v" != TLS1.3 ] || c=TLS_ECDHE_RSA_WITH_${c#TLS_}
	fi
	echo "$v $c"
}
# The links were what they were set to, say both ends of each.
check_links() {
	local n=$1; shift
	like "run $n: the client's word" "$(seen client "$T/log/run$n.smtp")" "^$(openssl_saw "$1")$"
	like "run $n: Exim's word, in" "$(seen exim-in)" "^$(gnutls_saw "$1")$"
	like "run $n: Exim's word, out" "$(seen exim-out)" "^$(gnutls_saw "$2")$"
	like "run $n: OpenSMTPD's word, in" "$(seen opensmtpd-in)" "^$(openssl_saw "$2")$"
	like "run $n: OpenSMTPD's word, out" "$(seen opensmtpd-out)" "^$(openssl_saw "$3")$"
	like "run $n: Sendmail's word, in" "$(seen sendmail-in)" "^$(openssl_saw "$3")$"
	like "run $n: Sendmail's word, out" "$(seen sendmail-out)" "^$(openssl_saw "$4")$"
	like "run $n: Postfix' word" "$(seen postfix-in)" "^$(openssl_saw "$4")$"
}
# check_record N OURS LINK...: the newest record (in R); TIMES are those of the fields
check_record() {
	local n=$1 ours=$2 i w ev link used at; shift 2
	read -ra ev <<<"$(evidence "$ours")"
	if [ "$n" = $FORGED ]; then
		equal "run $n: hops" "${R[hops.count]}" 5
		equal "run $n: the forged field" "${R[hops.4.evidence]:-claimed} ${R[hops.4.by]}" "claimed exim.chain.test"
	else
		equal "run $n: hops" "${R[hops.count]}" 4
	fi
	equal "run $n: boundary" "${R[boundary]:-0}" "$(evidence "$ours" | tr ' ' '\n' | grep -vc claimed | awk '{ print $1 - 1 }')"
	equal "run $n: client" "${R[client.ip]} ${R[client.helo]}" "$SENDMAIL_IP sendmail.chain.test"
	at=$(date -u -d "${R[time]}" +%s)
	for i in 0 1 2 3; do
		w="run $n, record, hop $i (by ${BY[$i]})" link=${!#}
		set -- "${@:1:$#-1}"
		used=yes; [ "$link" != none ] || used=no
		equal "$w: evidence" "${R[hops.$i.evidence]:-$([ $i = 0 ] && echo observed || echo claimed)}" "${ev[$i]}"
		equal "$w: tls" "${R[hops.$i.tls]}" $used
		equal "$w: version" "${R[hops.$i.version]:-}" "$(version_of "$link")"
		equal "$w: cipher" "${R[hops.$i.cipher]:-}" "$([ $i = 0 ] && cipher_of "$link" || iana_of "$link")"
		equal "$w: bits, where the cipher does not say them" "${R[hops.$i.bits]:-}" "$([ $i != 0 ] || bits_of "$link")"
		if [ $used = no ]; then equal "$w: grade" "${R[hops.$i.grade]}" none; else like "$w: grade" "${R[hops.$i.grade]}" '^(recommended|acceptable|legacy)$'; fi
		equal "$w: no loop" "${R[hops.$i.local]:-}" ""
		if [ $i = 0 ]; then
			like "$w: delay" "${R[hops.0.delay]:-}" '^([0-9]|[12][0-9])$'
			continue
		fi
		equal "$w: by" "${R[hops.$i.by]}" "${BY[$i]}"
		equal "$w: with" "${R[hops.$i.with]}" "$(with "$i" "$link")"
		equal "$w: from" "${R[hops.$i.from.ip]} ${R[hops.$i.from.helo]}" "${FROM_IP[$i]} ${HELO[$i]}"
		at=$((at - R[hops.$((i - 1)).delay]))
		equal "$w: time, told by delays" "${R[hops.$i.time]:-} $at" " ${TIMES[$i]}"
		equal "$w: delay" "${R[hops.$i.delay]:-}" "$([ $i = 3 ] || echo $((TIMES[i] - TIMES[i + 1])))"
	done
}
with() { local s=''; [ "$2" = none ] || s=S; [ "$1" != 3 ] || s=${s,}; echo "${WITH[$1]}$s"; }
# check_hops N LINK...: what `hopwardctl hops` makes of the message as delivered (in H), where Postfix' field is the first
check_hops() {
	local n=$1 i w link v c; shift
	equal "run $n: hops of the file" "${H[hops.count]}" "${R[hops.count]}"
	for i in 0 1 2 3; do
		w="run $n, file, hop $i (by ${BY[$i]})" link=${!#}
		set -- "${@:1:$#-1}"
		v='' c=''
		[ "$link" = none ] || read -r v c <<<"$(as_written "$i" "$link")"
		equal "$w: evidence" "${H[hops.$i.evidence]}" claimed
		equal "$w: tls" "${H[hops.$i.tls.used]}" "$([ "$link" = none ] && echo no || echo yes)"
		equal "$w: as written" "${H[hops.$i.tls.version]} ${H[hops.$i.tls.cipher]}" "$v $c"
		equal "$w: normalised" "${H[hops.$i.tls.normalised.version]} ${H[hops.$i.tls.normalised.cipher]}" "$(version_of "$link") $(iana_of "$link")"
		equal "$w: bits" "${H[hops.$i.tls.bits]}" "$([ $i = 3 ] || bits_of "$link")"
		equal "$w: grade" "${H[hops.$i.tls.grade]}" "${R[hops.$i.grade]}"
		equal "$w: by" "${H[hops.$i.by.host]}" "${BY[$i]}"
		equal "$w: with" "${H[hops.$i.with]}" "$(with "$i" "$link")"
		equal "$w: from" "${H[hops.$i.from.ip]} ${H[hops.$i.from.helo]}" "${FROM_IP[$i]} ${HELO[$i]}"
		equal "$w: time" "${H[hops.$i.time]}" "${TIMES[$i]}"
		equal "$w: delay" "${H[hops.$i.delay]}" "$([ $i = 3 ] || echo $((TIMES[i] - TIMES[i + 1])))"
		equal "$w: no log-in, no loop" "${H[hops.$i.auth]} ${H[hops.$i.local]}" "false false"
	done
}
run_hops() { "$BIN/hopwardctl" -c /dev/null -o profiles="$TOP/conf/profiles" -o scanner.path="$BIN/hopward-scan" hops --json "$@" >"$T/log/hops" 2>&1; }
# check_gate N OURS LINK: the same file as it came to the gateway, told who brought it: the evidence of the record
check_gate() {
	local n=$1 ours=$2 tls=none i net=() file=$T/in/gate$1
	[ "$3" = none ] || tls=$(version_of "$3"),$(cipher_of "$3"),$(bits_of "$3")
	[[ $ours != *s* ]] || net+=(--internal $SENDMAIL_IP)
	[[ $ours != *o* ]] || net+=(--internal $OPENSMTPD_IP)
	[[ $ours != *e* ]] || net+=(--internal $EXIM_IP)
	perl -0pe 's/\AReturn-Path.*?(?=^Received: from opensmtpd)//ms' "$FILE" >"$file"
	run_hops --client $SENDMAIL_IP --tls "$tls" "${net[@]}" "$file" || die "run $n: hops --client: $(cat "$T/log/hops")"
	flat "$T/log/hops" G
	equal "run $n: boundary of the file" "${G[boundary]}" "${R[boundary]:-0}"
	for i in 0 1 2 3; do
		equal "run $n: file as it came, hop $i" "${G[hops.$i.evidence]} ${G[hops.$i.tls.used]} ${G[hops.$i.tls.grade]}" \
		    "${R[hops.$i.evidence]:-$([ $i = 0 ] && echo observed || echo claimed)} ${R[hops.$i.tls]} ${R[hops.$i.grade]}"
	done
}
send_run() {
	local n=$1 now
	HEADERS=$([ "$n" != $FORGED ] || printf '%s\nX' "$FORGERY")
	HEADERS=${HEADERS%X} SUBJECT=run$n compose "$T/in/$n"
	[ "$n" != $LATE ] || kill -STOP "$SENDMAIL_PID"
	send_through "run$n" "$T/in/$n" "$2"
	like "run $n: reply" "$REPLY" '^250 '
	if [ "$n" = $LATE ]; then
		wait_for 20 eval 'chain_log | grep -q "mta connecting"' || bad "run $n: OpenSMTPD does not connect"
		now=$EPOCHSECONDS
		wait_for 20 eval '[ $EPOCHSECONDS -ge $((now + 3)) ]'
		kill -CONT "$SENDMAIL_PID"
	fi
	wait_for 30 delivered $((n + 1)) && wait_for 20 has_records $((n + 1)) || die "run $n: nothing arrived"
}
run() {
	local n=$1 links ours
	read -r ours links <<<"${RUNS[$n]}"
	read -ra links <<<"$links"
	start_chain "${links[@]}" "$(at "$n")"
	send_run "$n" "${links[0]}"
	[ "$n" != $FORGED ] || send_local
	stop_chain
	check_links "$n" "${links[@]}"
	FILE=$(mail_with "Subject: run$n")
	mapfile -t TIMES < <(received_times "$FILE")
	records | sed -n "$((n + 1))p" >"$T/log/record"
	flat "$T/log/record" R
	check_record "$n" "$ours" "${links[@]}"
	[ "$n" != $LATE ] || like "run $n: Sendmail was late" "${R[hops.1.delay]}" '^([3-9]|1[0-9])$'
	run_hops "$FILE" || die "run $n: hopwardctl hops: $(cat "$T/log/hops")"
	flat "$T/log/hops" H
	check_hops "$n" "${links[@]}"
	check_gate "$n" "$ours" "${links[3]}"
	QUEUE_ID[n]=${H[hops.1.id]}
}
# One that a program gives to Exim: no connection, so neither TLS nor none.
send_local() {
	HEADERS='' SUBJECT=local compose "$T/in/local"
	check "local: Exim takes it" exim_command -odf -f alice@sender.test bob@example.test <"$T/in/local"
	wait_for 30 has_records $((${#RUNS[@]} + 1)) || die "local: nothing arrived"
	records | tail -1 >"$T/log/record"
	flat "$T/log/record" R
	equal "local: hops" "${R[hops.count]}" 4
	equal "local: Exim's field" "${R[hops.3.by]:-} ${R[hops.3.with]:-} ${R[hops.3.tls]} ${R[hops.3.local]:-} ${R[hops.3.version]:-}" "exim.chain.test local unknown true "
	equal "local: the hop after it" "${R[hops.2.evidence]} ${R[hops.2.tls]} ${R[hops.2.version]:-}" "attested yes TLSv1"
}
at() { echo "192.0.2.$((41 + $1))"; }

hosts=() QUEUE_ID=()
for i in "${!RUNS[@]}"; do hosts+=("gate$i.chain.test=$(at "$i")"); done
chain_begin "${hosts[@]}"
OURS_NOW=
for i in "${!RUNS[@]}"; do
	ours=${RUNS[$i]%% *}
	if [ "$ours" != "$OURS_NOW" ]; then
		stop_hopward
		write_conf "$(networks "$ours")"
		sed -i 's/records: {/records: { privacy = "full";/' "$T/hopward.conf"
		start_hopward
		OURS_NOW=$ours
	fi
	if [ "$i" = 0 ]; then
		start_mta
		sed -i "s|^mynetworks = .*|mynetworks = 127.0.0.0/8 $SENDMAIL_IP|" "$T/postfix/main.cf"
		for j in "${!RUNS[@]}"; do postfix_listener "$(at "$j")" "${RUNS[$j]##* }"; done >>"$T/postfix/master.cf"
		kill -HUP "$MASTER_PID"
		wait_for 20 bound "$(at $((${#RUNS[@]} - 1)))" 25 || die "Postfix' listeners do not come"
	fi
	run "$i"
done

# Sendmail's own log, among the lines of the others, gives the link to Postfix once more.
delivery() { cat "$T"/records/collect-*.jsonl | grep -F "\"queue_id\":\"$1\"" >"$T/log/delivery"; flat "$T/log/delivery" G; }
check "collect" "$BIN/hopwardctl" -c "$T/hopward.conf" collect --json "$T/log/syslog"
flat "$T/log/check.out" G
equal "collect: deliveries, not understood" "${G[deliveries]} ${G[unreadable]}" "$((${#RUNS[@]} + 1)) 0"
for i in "${!RUNS[@]}"; do
	delivery "${QUEUE_ID[$i]}"
	link=${RUNS[$i]##* } w="run $i, delivery by Sendmail"
	if [ "$link" = none ]; then
		equal "$w: tls" "${G[tls]:-} ${G[known_by]:-}" "no absence"
	else
		equal "$w: tls" "${G[tls]:-} ${G[known_by]:-}" "yes session"
		# Its CA is the RSA certificate of the chain, not the other one of Postfix.
		equal "$w: certificate" "${G[trust]:-}" "$([[ $link == *ECDSA* ]] && echo FAIL || echo OK)"
	fi
	equal "$w: version, cipher" "${G[version]:-} ${G[cipher]:-}" "$(version_of "$link") $(cipher_of "$link")"
	equal "$w: bits" "${G[bits]:-} ${G[alg_bits]:-}" "$(bits_of "$link") $(bits_of "$link")"
	equal "$w: relay" "${G[relay.host]:-} ${G[relay.ip]:-}" "[$(at "$i")] $(at "$i")"
	equal "$w: result" "${G[status]:-} ${G[dsn]:-}" "sent 2.0.0"
done
