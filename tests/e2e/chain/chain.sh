# SPDX-License-Identifier: ISC
# A chain of mail servers: client -> Exim -> OpenSMTPD -> Sendmail -> Postfix with hopward, each link as a case says.
#
# Sourced after lib.sh in a world (world.sh).  A link is "none" or
# VERSION/CIPHER, the version as OpenSSL calls it and the cipher by its name
# there: TLSv1.2/ECDHE-RSA-AES128-GCM-SHA256.  Each of the four links is set by
# one of its ends or both, and seen by both: from their logs, which `seen` reads,
# it is known what it really was, without hopward.

EXIM_IP=203.0.113.10 OPENSMTPD_IP=198.51.100.20 SENDMAIL_IP=192.0.2.30 CLIENT_IP=203.0.113.9
CHAIN=$T/chain
EXIM_PID='' OPENSMTPD_PID='' SENDMAIL_PID=''
declare -A FOREIGN_LIBS
for s in $WORLD_NEEDS; do FOREIGN_LIBS[$s]=$("$TOP/tests/unpack" "$FOREIGN/$s"); done

chain_begin() {
	install -d -m 755 "$CHAIN"
	world_begin client.sender.test=$CLIENT_IP exim.chain.test=$EXIM_IP opensmtpd.chain.test=$OPENSMTPD_IP sendmail.chain.test=$SENDMAIL_IP gate.example.test=192.0.2.40 "$@"
	world_user Debian-exim 61960 /var/spool/exim4
	world_user opensmtpd 61961 /var/lib/opensmtpd/empty
	world_user opensmtpq 61962 /var/lib/opensmtpd/empty
	world_user smmta 61963 /var/lib/sendmail
	world_user smmsp 61964 /var/lib/sendmail
	# What libraries would else forbid is for the links to say.
	printf 'openssl_conf = o\n[o]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n' >/etc/ssl/openssl.cnf
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /O=chain/CN=chain.test -keyout "$CHAIN/key.pem" -out "$CHAIN/cert.pem" \
	    2>>"$T/log/openssl" || die "no certificate"
	chmod 600 "$CHAIN/key.pem"
	cp "$CHAIN/cert.pem" "$CHAIN/exim-cert.pem" && cp "$CHAIN/key.pem" "$CHAIN/exim-key.pem"
	chown Debian-exim "$CHAIN"/exim-*.pem
	install -d -o Debian-exim -g Debian-exim -m 750 "$CHAIN/exim"
	install -d -m 711 /var/spool/smtpd /var/lib/opensmtpd /var/lib/opensmtpd/empty
	install -d -g opensmtpq -m 770 /var/spool/smtpd/offline
	install -d -m 700 "$CHAIN/mqueue"
}
# fill IN OUT NAME=VALUE...: a configuration from its template
fill() {
	local in=$1 out=$2 v text; shift 2
	text=$(cat "$E2E/chain/$in") || die "no $in"
	for v in D="$CHAIN" T="$T" FOREIGN="$FOREIGN" EXIM_IP=$EXIM_IP OPENSMTPD_IP=$OPENSMTPD_IP SENDMAIL_IP=$SENDMAIL_IP "$@"; do text=${text//@${v%%=*}@/${v#*=}}; done
	[[ ! $text =~ @[A-Z_]+@ ]] || die "$in: nothing for ${BASH_REMATCH[0]}"
	printf '%s\n' "$text" >"$out"
}
# in_foreign SERVER COMMAND...: with the libraries that came with it; in place of this (sub)shell
in_foreign() { local libs=${FOREIGN_LIBS[$1]}; shift; exec env LD_LIBRARY_PATH="$libs" "$@"; }
version_of() { [ "$1" = none ] || echo "${1%%/*}"; }
cipher_of() { [ "$1" = none ] || echo "${1#*/}"; }
# OpenSSL's own tables: IANA's name of a link's cipher, its bits
declare -A CIPHER_IANA CIPHER_BITS
while read -r iana _ name _ _ _ enc _; do
	enc=${enc#*(}
	CIPHER_IANA[$name]=$iana CIPHER_BITS[$name]=${enc%)*}
done < <(openssl ciphers -stdname -v 'ALL:@SECLEVEL=0')
iana_of() { [ "$1" = none ] || echo "${CIPHER_IANA[${1#*/}]}"; }
bits_of() { [ "$1" = none ] || echo "${CIPHER_BITS[${1#*/}]}"; }

# priority LINK: for GnuTLS, nothing but this
priority() {
	local c v kx=+ECDHE-RSA cipher mac=+AEAD
	c=$(cipher_of "$1")
	case $c in
	*AES256-GCM* | *AES_256_GCM*) cipher=+AES-256-GCM ;;
	*AES128-GCM* | *AES_128_GCM*) cipher=+AES-128-GCM ;;
	*CHACHA20*) cipher=+CHACHA20-POLY1305 ;;
	*AES256-SHA) cipher=+AES-256-CBC mac=+SHA1 ;;
	*AES128-SHA) cipher=+AES-128-CBC mac=+SHA1 ;;
	*) die "no priority string for $c" ;;
	esac
	case $c in ECDHE-* | TLS_*) ;; DHE-*) kx=+DHE-RSA ;; *) kx=+RSA ;; esac
	case $(version_of "$1") in
	TLSv1.3) v=+VERS-TLS1.3 ;; TLSv1.2) v=+VERS-TLS1.2 ;; TLSv1.1) v=+VERS-TLS1.1 ;; TLSv1) v=+VERS-TLS1.0 ;;
	esac
	echo "NONE:$v:$kx:$cipher:$mac:+SIGN-ALL:+GROUP-ALL:+COMP-NULL"
}
# start_exim IN OUT: the links to it and from it
start_exim() {
	local in=$1 out=$2 tls_in='*' avoid='' require='*'
	local priority_in=NORMAL priority_out=NORMAL
	if [ "$in" = none ]; then tls_in=; else priority_in=$(priority "$in"); fi
	if [ "$out" = none ]; then avoid='*' require=; else priority_out=$(priority "$out"); fi
	fill exim.conf.in "$CHAIN/exim.conf" TLS_IN="$tls_in" TLS_AVOID="$avoid" TLS_REQUIRE="$require" \
	    PRIORITY_IN="$priority_in" PRIORITY_OUT="$priority_out"
	in_foreign exim "$FOREIGN/exim/usr/sbin/exim4" -C "$CHAIN/exim.conf" -bdf </dev/null >>"$T/log/exim" 2>&1 &
	EXIM_PID=$!
	wait_for 20 bound $EXIM_IP 25 || die "Exim does not listen"
}
# exim_command ARGS...: Exim's program with the same configuration
exim_command() { (in_foreign exim "$FOREIGN/exim/usr/sbin/exim4" -C "$CHAIN/exim.conf" "$@"); }
# start_opensmtpd IN OUT
start_opensmtpd() {
	local listen="tls pki opensmtpd.chain.test" relay=smtp+tls relay_tls="tls no-verify"
	[ "$1" != none ] || listen=
	[ "$2" != none ] || relay=smtp+notls relay_tls=
	fill smtpd.conf.in /etc/smtpd.conf LISTEN="$listen" RELAY="$relay://$SENDMAIL_IP:25" RELAY_TLS="$relay_tls"
	[ -e "$CHAIN/smtpd_key.so" ] || ${CC:-cc} -shared -fPIC -O1 -o "$CHAIN/smtpd_key.so" "$E2E/chain/smtpd_key.c" -lssl -lcrypto >>"$T/log/cc" 2>&1 ||
	    die "smtpd_key.c does not compile"
	SMTPD_KEY=$CHAIN/key.pem LD_PRELOAD=$CHAIN/smtpd_key.so in_foreign opensmtpd "$FOREIGN/opensmtpd/usr/sbin/smtpd" -F </dev/null >>"$T/log/opensmtpd" 2>&1 &
	OPENSMTPD_PID=$!
	wait_for 20 bound $OPENSMTPD_IP 25 || die "OpenSMTPD does not listen"
}
# start_sendmail IN OUT POSTFIX-ADDRESS; SENDMAIL_EXTRA: text for the end of sendmail.mc
start_sendmail() {
	local root=$FOREIGN/sendmail cf=$FOREIGN/sendmail/usr/share/sendmail/cf cert='' ciphers='ALL:@SECLEVEL=0' suites='' options=''
	if [ "$1" != none ]; then
		cert="define(\`confSERVER_CERT', \`$CHAIN/cert.pem')define(\`confSERVER_KEY', \`$CHAIN/key.pem')dnl"
		[ "$(version_of "$1")" = TLSv1.3 ] || ciphers="$(cipher_of "$1"):$(cipher_of "$2"):@SECLEVEL=0"
		options="+SSL_OP_NO_SSLv3 $(all_but "$(version_of "$1")" SSL_OP_NO_ ' +')"
	fi
	# The suites of TLS 1.3 are one list for both directions.
	for l in "$1" "$2"; do [ "$(version_of "$l")" != TLSv1.3 ] || suites="O CipherSuites=$(cipher_of "$l")"; done
	fill sendmail.mc.in "$CHAIN/sendmail.mc" SERVER_CERT="$cert" CIPHERS="$ciphers" SERVER_OPTIONS="$options" POSTFIX_IP="$3" SUITES="$suites" \
	    EXTRA="${SENDMAIL_EXTRA:-}"
	printf 'hosts files\npasswd files\naliases files\n' >"$CHAIN/service.switch"
	(in_foreign sendmail "$root/usr/bin/m4" -D_CF_DIR_="$cf/" "$cf/m4/cf.m4" "$CHAIN/sendmail.mc") >"$CHAIN/sendmail.cf" 2>>"$T/log/m4" || die "no sendmail.cf"
	in_foreign sendmail "$root/usr/libexec/sendmail/sendmail" -C "$CHAIN/sendmail.cf" -bD -q1h </dev/null >>"$T/log/sendmail" 2>&1 &
	SENDMAIL_PID=$!
	wait_for 20 bound $SENDMAIL_IP 25 || die "Sendmail does not listen"
}
# all_but VERSION PREFIX SEPARATOR: the other versions as OpenSSL's options name them
all_but() {
	local v
	for v in TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; do [ $v = "$1" ] || printf '%s%s%s' "$3" "$2" "${v//./_}"; done
}
# sendmail_command ARGS...: Sendmail's program with the same configuration; from standard input or on its queue
sendmail_command() { (in_foreign sendmail "$FOREIGN/sendmail/usr/libexec/sendmail/sendmail" -C "$CHAIN/sendmail.cf" "$@"); }
# postfix_listener ADDRESS LINK [OPTIONS]: a line of master.cf
postfix_listener() {
	local ciphers
	ciphers=$(cipher_of "$2")
	[ "$(version_of "$2")" != TLSv1.3 ] || ciphers=ALL
	printf '%s:25 inet n - n - - smtpd -o syslog_name=postfix/chain' "$1"
	if [ "$2" = none ]; then
		printf ' -o smtpd_tls_security_level=none'
	else
		printf ' -o smtpd_tls_protocols=%s -o smtpd_tls_ciphers=high -o tls_high_cipherlist=%s' "$(version_of "$2")" "$ciphers:@SECLEVEL=0"
		[[ $2 == *ECDSA* ]] || printf ' -o smtpd_tls_cert_file=%s -o smtpd_tls_key_file=%s' "$CHAIN/cert.pem" "$CHAIN/key.pem"
	fi
	echo "${3:+ $3}"
}
# stop_server PID
stop_server() {
	[ -n "$1" ] || return 0
	kill "$1" 2>/dev/null
	wait_for 20 ended "$1" || { bad "$1 does not stop"; kill -9 "$1"; }
	wait "$1" 2>/dev/null
}
stop_chain() {
	stop_server "$EXIM_PID"; stop_server "$OPENSMTPD_PID"; stop_server "$SENDMAIL_PID"
	EXIM_PID='' OPENSMTPD_PID='' SENDMAIL_PID=''
}
# A chain in which the links are $1 to $4, towards Postfix at $5.
start_chain() {
	start_exim "$1" "$2"
	start_opensmtpd "$2" "$3"
	start_sendmail "$3" "$4" "$5"
	LINES_SYSLOG=$(wc -l <"$T/log/syslog") LINES_POSTFIX=$(wc -l <"$T/log/mail.log")
}
# Since then, in their logs:
chain_log() { tail -n "+$((LINES_SYSLOG + 1))" "$T/log/syslog"; }
postfix_log() { tail -n "+$((LINES_POSTFIX + 1))" "$T/log/mail.log"; }
# send_through NAME MESSAGE LINK: from the client to Exim
send_through() {
	local tls=()
	[ "$3" = none ] || { tls=(--tls --tls-protocol "$(version_of "$3" | tr '[:upper:].' '[:lower:]_')"); [ "$(version_of "$3")" = TLSv1.3 ] || tls+=(--tls-cipher "$(cipher_of "$3"):@SECLEVEL=0"); }
	PORT=25 send "$1" "$2" --server $EXIM_IP --local-interface $CLIENT_IP "${tls[@]}"
}
# What each end of a link wrote of its sessions, one a line as VERSION:CIPHER:BITS, each once; nothing if there was none.
# Exim is with GnuTLS, which has names of its own.
seen() {
	case $1 in
	client) sed -n 's/^=== TLS started with cipher \([^ ]*\).*/\1/p' "$2" ;;
	exim-in) chain_log | sed -n 's/.* exim\[.* <= .* X=\([^ ]*\) .*/\1/p' ;;
	exim-out) chain_log | sed -n 's/.* exim\[.* => .* X=\([^ ]*\) .*/\1/p' ;;
	opensmtpd-in) chain_log | sed -n 's/.* smtpd\[.* smtp tls ciphers=\([^ ]*\).*/\1/p' ;;
	opensmtpd-out) chain_log | sed -n 's/.* smtpd\[.* mta tls ciphers=\([^ ]*\).*/\1/p' ;;
	sendmail-in) chain_log | sed -n 's/.* STARTTLS=server, relay=.*, version=\([^,]*\), .*cipher=\([^,]*\), bits=\([0-9]*\).*/\1:\2:\3/p' ;;
	sendmail-out) chain_log | sed -n 's/.* STARTTLS=client, relay=.*, version=\([^,]*\), .*cipher=\([^,]*\), bits=\([0-9]*\).*/\1:\2:\3/p' ;;
	postfix-in) postfix_log | sed -n 's/.*postfix\/chain\/smtpd.* TLS connection established from [^ ]*: \([^ ]*\) with cipher \([^ ]*\) (\([0-9]*\)\/.*/\1:\2:\3/p' ;;
	esac | sort -u
}
# What `seen` must say of a link, as a regular expression: by OpenSSL, by GnuTLS
openssl_saw() { [ "$1" = none ] || echo "$(version_of "$1"):$(cipher_of "$1"):$(bits_of "$1")"; }
gnutls_saw() {
	[ "$1" != none ] || return 0
	local v c
	v=$(version_of "$1") c=$(cipher_of "$1")
	[ "$v" != TLSv1 ] || v=TLSv1.0
	case $c in
	*AES256-GCM* | *AES_256_GCM*) c=AES_256_GCM ;;
	*AES128-GCM* | *AES_128_GCM*) c=AES_128_GCM ;;
	*CHACHA20*) c=CHACHA20_POLY1305 ;;
	*AES256-SHA) c=AES_256_CBC__SHA1 ;;
	*AES128-SHA) c=AES_128_CBC__SHA1 ;;
	esac
	echo "${v/v/}:$([[ $(cipher_of "$1") == ECDHE-* || $v == TLSv1.3 ]] && echo 'ECDHE_[A-Z0-9_]*' || echo RSA)__$c:$(bits_of "$1")"
}
# flat JSON ARRAY: what is in the JSON of a file, as ARRAY[a.0.b]; null is an empty string
flat() {
	local -n into=$2
	local path value
	into=()
	while IFS=$'\t' read -r path value; do into[$path]=$value; done < <(perl -MJSON::PP -e '
		sub walk { my ($d, $p) = @_;
			if (ref $d eq "HASH") { walk($d->{$_}, $p eq "" ? $_ : "$p.$_") for keys %$d }
			elsif (ref $d eq "ARRAY") { walk($d->[$_], "$p.$_") for 0 .. $#$d; print "$p.count\t", scalar @$d, "\n" }
			elsif (JSON::PP::is_bool($d)) { print "$p\t", $d ? "true" : "false", "\n" }
			else { print "$p\t", $d // "", "\n" } }
		walk(decode_json(do { local $/; <STDIN> }), "")' <"$1")
}
# received_times FILE: of each Received field, newest first, when it was
received_times() { header "$1" Received | sed 's/.*; //; s/ (UTC)$//' | while read -r d; do date -d "$d" +%s 2>/dev/null; done; }
