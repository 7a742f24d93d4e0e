# SPDX-License-Identifier: ISC
# A private Sendmail in $T for end-to-end cases; sourced by lib.sh.  tests/e2e/postfix/mta.sh has the same functions.
#
# Its package conflicts with Postfix', so it is unpacked (tests/unpack) and runs
# in a mount namespace of its own, where /etc/passwd has its users and /dev/log
# is a socket of ours.  sendmail.cf is made with m4 from the unpacked sendmail-cf.
# The filter's lines are those of contrib/sendmail.
#
# A case may set SENDMAIL_EXTRA: text for sendmail.mc; SENDMAIL_MAILERS: mailers of
# its own, and SENDMAIL_RULES: the addresses for them; SENDMAIL_TIMES: ", T=..." of
# the filter's line.

# The answer to a message that was taken; the queue id is its third word.
MTA_TAKEN='^250 2\.0\.0 [0-9A-Za-z]+ Message accepted for delivery'
# What it says of TLS on its Received line, and of a message on hold in its log.
MTA_RECEIVED_TLS='\(version=TLSv1\.3 cipher=.* verify=NO\)'
MTA_HELD='milter=hopward, quarantine='
MASTER_PID='' SYSLOG_PID=''
SENDMAIL_ROOT=${SENDMAIL_ROOT:-$TOP/build/foreign/sendmail}

# A unix socket has the same name in both worlds: hopward's spelling or
# Postfix' becomes Sendmail's.
sendmail_milter() {
	case $1 in
	inet:*:*) local a=${1#inet:}; echo "inet:${a##*:}@${a%:*}" ;;
	unix:*) echo "local:${1#unix:}" ;;
	*) echo "$1" ;;
	esac
}
# sendmail_cf NAME: $T/sendmail/NAME.cf out of NAME.mc.in
sendmail_cf() {
	local cf=$SENDMAIL_ROOT/usr/share/sendmail/cf filter=''
	# The shipped lines, but for the socket (and T= where a case is about it).
	[ -z "$MILTER" ] || filter=$(sed "s|S=local:[^,]*|S=$(sendmail_milter "$MILTER")|; /^INPUT_MAIL_FILTER/s|, T=.*'|${SENDMAIL_TIMES-&}'|; /^INPUT_MAIL_FILTER/s|''|'|" "$TOP/contrib/sendmail/hopward.mc")
	sed "s|@T@|$T|g; s|@CF@|$cf|g; s|@PORT@|$SMTP|g; s|@SUBMISSION@|$SUBMISSION|g; s|@E2E@|$E2E|g" "$E2E/sendmail/$1.mc.in" |
	    FILTER=$filter EXTRA=${SENDMAIL_EXTRA:-} MAILERS=${SENDMAIL_MAILERS:-} RULES=${SENDMAIL_RULES:-} perl -pe 's/^\@([A-Z]+)\@$/$ENV{$1}/' >"$T/sendmail/$1.mc"
	"$SENDMAIL_ROOT/usr/bin/m4" -D_CF_DIR_="$cf/" "$cf/m4/cf.m4" "$T/sendmail/$1.mc" >"$T/sendmail/$1.cf" 2>"$T/log/m4" ||
	    die "no $1.cf"
	[ ! -s "$T/log/m4" ] || bad "m4 has something to say of $1.mc: $(head -3 "$T/log/m4")"
}
# in_sendmail COMMAND...: where the private Sendmail lives
in_sendmail() { (in_sendmail_exec "$@"); }
in_sendmail_exec() { LD_LIBRARY_PATH=$SENDMAIL_LIBS exec unshare -mu "$E2E/sendmail/world" "$T" "$@"; }
start_mta() {
	[ $# = 0 ] || die "this case is for Postfix: start_mta $*"
	"$TOP/tests/unpack" "$SENDMAIL_ROOT" $(cat "$E2E/sendmail/packages") >"$T/log/unpack" 2>&1 || die "$(cat "$T/log/unpack")"
	SENDMAIL=$SENDMAIL_ROOT/usr/libexec/sendmail/sendmail
	SENDMAIL_LIBS=$("$TOP/tests/unpack" "$SENDMAIL_ROOT")
	SMTP=$(free_port) && SUBMISSION=$(free_port) || die "no free port"
	[ -n "${MILTER+x}" ] || set_milter
	mkdir "$T/sendmail" "$T/sendmail/dev" "$T/sendmail/sasl2"
	mta_certificates "$T/sendmail"
	make_sasl "$T/sendmail/sasl2/Sendmail.conf" root
	install -d -m 755 "$T/queue"
	install -d -m 700 "$T/queue/mta"
	{ cat /etc/passwd; printf '%s:x:%d:%d::/:/bin/false\n' smmta 61953 61953 smmsp 61954 61954; } >"$T/sendmail/passwd"
	{ cat /etc/group; printf '%s:x:%d:\n' smmta 61953 smmsp 61954; } >"$T/sendmail/group"
	install -d -o 61954 -g 61954 -m 2770 "$T/queue/msp"
	printf 'hosts files\npasswd files\naliases files\n' >"$T/sendmail/service.switch"
	echo '127.0.0.1 localhost gate.example.test' >"$T/sendmail/hosts"
	sendmail_cf sendmail
	sendmail_cf submit
	"$E2E/sendmail/syslog" "$T/sendmail/log" "$T/log/mail.log" 2>"$T/log/syslog" &
	SYSLOG_PID=$!
	wait_for 10 test -S "$T/sendmail/log" || die "no log socket"
	in_sendmail_exec "$SENDMAIL" -C "$T/sendmail/sendmail.cf" -L sm-mta -bD -q1h >"$T/log/master" 2>&1 &
	MASTER_PID=$!
	wait_for 20 eval 'ended $MASTER_PID || { listens $SMTP && listens $SUBMISSION; }'
	ended "$MASTER_PID" && die "Sendmail does not start"
	listens "$SMTP" || die "Sendmail does not listen"
}
stop_mta() {
	[ -z "$MASTER_PID" ] || {
		kill "$MASTER_PID" 2>/dev/null
		wait_for 20 ended "$MASTER_PID" || { bad "Sendmail does not stop"; kill -9 "$MASTER_PID" 2>/dev/null; }
		wait "$MASTER_PID" 2>/dev/null
	}
	[ -z "$SYSLOG_PID" ] || { kill "$SYSLOG_PID"; wait "$SYSLOG_PID"; } 2>/dev/null
	MASTER_PID='' SYSLOG_PID=''
}
# local_sendmail -f FROM TO: a message on standard input, submitted by a local program (sendmail -bs speaks to the filters; -bm does not)
local_sendmail() {
	cat >"$T/in/local"
	LD_LIBRARY_PATH=$SENDMAIL_LIBS swaks --pipe "unshare -mu $E2E/sendmail/world $T $SENDMAIL -C $T/sendmail/sendmail.cf -bs" --helo localhost --timeout 60 \
	    --from "$2" --to "$3" --data "@$T/in/local" --suppress-data >"$T/log/local.smtp" 2>&1
}
# The sender of a local submission was told that it was refused: by the reply.
local_refused() { grep -q '^<[-*~]* *550 5\.7\.1 ' "$T/log/local.smtp"; }
# msp_sendmail ARGS...: as Debian has it: into a queue of its own, from there by SMTP to the daemon
msp_sendmail() { in_sendmail setpriv --regid=61954 --clear-groups "$SENDMAIL" -C "$T/sendmail/submit.cf" -L sm-msp -Ac -i "$@"; }
# queued: ids of the messages that are in a queue; held ID: that one is in quarantine; release ID: no longer
queued() { find "$T/queue" -type f -name '[qh]f*' -printf '%f\n' | cut -c3-; }
held() { [ -f "$T/queue/mta/hf$1" ]; }
release() { in_sendmail "$SENDMAIL" -C "$T/sendmail/sendmail.cf" -qQ "-qI$1" -Q >"$T/log/release" 2>&1; }
# queue_list: what the MTA shows its operator of messages in quarantine (mailq -qQ)
queue_list() { in_sendmail "$SENDMAIL" -C "$T/sendmail/sendmail.cf" -bp -qQ; }
# Delivers now what waits in the queue.
queue_run() { in_sendmail "$SENDMAIL" -C "$T/sendmail/sendmail.cf" -q >"$T/log/queue-run" 2>&1; }
# queue_id REPLY: of the message that this reply is for
queue_id() { sed 's/^250 2\.0\.0 \([0-9A-Za-z]*\) .*/\1/' <<<"$1"; }
