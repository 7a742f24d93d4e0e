# SPDX-License-Identifier: ISC
# A private Postfix in $T for end-to-end cases; sourced by lib.sh.  tests/e2e/sendmail/mta.sh has the same functions.
# POSTFIX_EXTRA: text for the end of main.cf.

# The answer to a message that was taken; the queue id is its last word.
MTA_TAKEN='^250 2\.0\.0 Ok: queued as '
# What it says of TLS on its Received line, and of a message on hold in its log.
MTA_RECEIVED_TLS='using TLSv1\.3 with cipher'
MTA_HELD='milter-hold: END-OF-MESSAGE'
MASTER_PID=''

# start_mta [chroot]: with "chroot", smtpd and cleanup run in the queue
# directory and reach hopward over $MILTER, a unix socket in there.
start_mta() {
	local chroot=n d
	[ "${1:-}" = chroot ] && chroot=y
	SMTP=$(free_port) && SUBMISSION=$(free_port) || die "no free port"
	[ -n "${MILTER+x}" ] || set_milter
	mkdir "$T/postfix" "$T/queue" "$T/data"
	mta_certificates "$T/postfix"
	mkdir "$T/postfix/sasl"	# where Debian's looks, whatever cyrus_sasl_config_path says
	make_sasl "$T/postfix/sasl/smtpd.conf" postfix
	for d in main.cf master.cf; do
		sed "s|@T@|$T|g; s|@PORT@|$SMTP|; s|@SUBMISSION@|$SUBMISSION|; s|@CHROOT@|$chroot|; s|@MILTER@|$MILTER|" \
		    "$E2E/postfix/$d.in" >"$T/postfix/$d"
	done
	for d in $(sed -n 's/^\([a-z0-9_]*\) *=.*/\1/p' <<<"${POSTFIX_EXTRA:-}"); do sed -i "/^$d *=/d" "$T/postfix/main.cf"; done
	printf '%s\n' "${POSTFIX_EXTRA:-}" >>"$T/postfix/main.cf"
	for d in active bounce corrupt defer deferred flush hold incoming private saved trace; do
		install -d -o postfix -m 700 "$T/queue/$d"
	done
	install -d -o root -m 755 "$T/queue/pid" "$T/queue/etc"
	install -d -o postfix -g postdrop -m 730 "$T/queue/maildrop"
	chmod +t "$T/queue/maildrop"
	install -d -o postfix -g postdrop -m 2710 "$T/queue/public"
	chown postfix "$T/data"
	[ $chroot = n ] || cp /etc/hosts /etc/services /etc/nsswitch.conf "$T/queue/etc/" 2>/dev/null
	local master
	master=$(postconf -c "$T/postfix" -h daemon_directory)/master
	"$master" -c "$T/postfix" -w >"$T/log/master" 2>&1 || die "Postfix does not start"
	MASTER_PID=$(tr -d ' ' <"$T/queue/pid/master.pid")
	wait_for 20 listens "$SMTP" || die "Postfix does not listen"
}
stop_mta() {
	[ -n "$MASTER_PID" ] || return 0
	kill "$MASTER_PID" 2>/dev/null
	wait_for 20 ended "$MASTER_PID" || { bad "Postfix does not stop"; kill -9 -- "-$MASTER_PID" 2>/dev/null; }
	MASTER_PID=
}
# What says of itself that it is for Postfix alone.
start_postfix() { start_mta "$@"; }
stop_postfix() { stop_mta; }
# local_sendmail ARGS...: local submission into the private Postfix
local_sendmail() { sendmail -C "$T/postfix" "$@"; }
# The sender of a local submission was told that it was refused: by a bounce.
local_refused() { grep -q 'from=<>' "$T/log/mail.log"; }
# queue_ids DIR: names in one of Postfix' queues
queue_ids() { find "$T/queue/$1" -type f -printf '%f\n'; }
# queued: ids of the messages that are in a queue; held ID: that one is on hold; release ID: no longer
queued() { queue_ids incoming; queue_ids active; queue_ids deferred; queue_ids hold; }
held() { [ -f "$T/queue/hold/$1" ]; }
release() { postsuper -c "$T/postfix" -H "$1" 2>"$T/log/postsuper"; }
# queue_list: what the MTA shows its operator of messages on hold
queue_list() { postqueue -c "$T/postfix" -p; }
# Delivers now what waits in the queue.
queue_run() { postqueue -c "$T/postfix" -f; }
# queue_id REPLY: of the message that this reply is for
queue_id() { echo "${1##* }"; }
