#!/bin/bash
# SPDX-License-Identifier: ISC
# The whole road in one run: the same mail through a private Postfix with no milter, with hopward, with clamav-milter + clamd.
#
# Usage: tests/bench/road.sh [SESSIONS [MESSAGES [OCTETS [ROUNDS]]]]   (default 4 400 4000 3; root, after make)
# Rounds alternate; the table has medians and ratios to clamav-milter inside this run.  smtp-source(1) is the client,
# its mail is plain text, the signature database is the tests' small one: what is compared is the cost of the road, not
# of detection.  Needs clamav-daemon and clamav-milter besides tests/packages; without them that row is left out and said.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
SESSIONS=${1:-4} MESSAGES=${2:-400} OCTETS=${3:-4000} ROUNDS=${4:-3}

# SOCKET=inet: over loopback TCP instead of unix sockets.
if [ "${SOCKET:-unix}" = inet ]; then
	set_milter
	PEER_PORT=$(free_port) PEER_SPEC=inet:127.0.0.1:$PEER_PORT PEER_LIBMILTER=inet:$PEER_PORT@127.0.0.1
else
	install -d -m 777 "$T/sock"
	HOPWARD_UNIX=$T/sock/hopward HOPWARD_SOCKET=unix:$T/sock/hopward MILTER=unix:$T/sock/hopward MILTER_PORT=
	PEER_SPEC=unix:$T/sock/clamav PEER_LIBMILTER=unix:$T/sock/clamav
fi
write_conf 'socket_mode = "0666";'
start_hopward
start_postfix
peers="none hopward"

start_clamav_milter() {
	install -d -m 777 "$T/clam"
	cat >"$T/clam/clamd.conf" <<-EOF
	LocalSocket $T/clam/clamd.sock
	DatabaseDirectory $T/db
	Foreground yes
	User clamav
	TemporaryDirectory /dev/shm
	EOF
	cat >"$T/clam/milter.conf" <<-EOF
	MilterSocket $PEER_LIBMILTER
	MilterSocketMode 666
	ClamdSocket unix:$T/clam/clamd.sock
	Foreground yes
	User clamav
	OnInfected Reject
	AddHeader Replace
	TemporaryDirectory /dev/shm
	EOF
	clamd -c "$T/clam/clamd.conf" >"$T/log/clamd" 2>&1 &
	CLAMD_PID=$!
	wait_for 30 listens_unix "$T/clam/clamd.sock" || return 1
	clamav-milter -c "$T/clam/milter.conf" >"$T/log/clamav-milter" 2>&1 &
	CLAMAV_MILTER_PID=$!
	if [ -n "${PEER_PORT:-}" ]; then wait_for 30 listens "$PEER_PORT"; else wait_for 30 listens_unix "$T/sock/clamav"; fi
}
stop_clamav_milter() { kill "${CLAMAV_MILTER_PID:-}" "${CLAMD_PID:-}" 2>/dev/null; }
trap 'stop_clamav_milter; finish' EXIT
if command -v clamd >/dev/null && command -v clamav-milter >/dev/null && start_clamav_milter; then
	peers="$peers clamav-milter"
else
	note "clamav-milter is not here: its row is left out"
fi

# One listener a peer: a reload between rounds would leave old smtpd processes at work.
declare -A PORT
for peer in $peers; do
	PORT[$peer]=$(free_port)
	case $peer in none) milter='' ;; hopward) milter=$MILTER ;; *) milter=$PEER_SPEC ;; esac
	printf '127.0.0.1:%s inet n - n - - smtpd\n  -o smtpd_milters=%s\n' "${PORT[$peer]}" "$milter" >>"$T/postfix/master.cf"
done
postfix -c "$T/postfix" reload 2>/dev/null
for peer in $peers; do wait_for 20 listens "${PORT[$peer]}" || die "Postfix does not listen for $peer"; done
# send PEER MESSAGES OCTETS
send() {
	smtp-source -4 -s "$SESSIONS" -m "$2" -l "$3" -f a@sender.test -t b@other.test "127.0.0.1:${PORT[$1]}" ||
	    bad "$1: smtp-source failed"
}
now() { perl -MTime::HiRes=time -e 'printf "%.6f\n", time'; }
for round in $(seq "$ROUNDS"); do
	for peer in $peers; do
		send "$peer" $((SESSIONS * 4)) 1000	# fresh smtpd processes
		from=$(now)
		send "$peer" "$MESSAGES" "$OCTETS"
		echo "$peer $(perl -e 'printf "%.1f", $ARGV[0] / ($ARGV[2] - $ARGV[1])' "$MESSAGES" "$from" "$(now)")"
	done
done >"$T/rates"
echo "$SESSIONS sessions, $MESSAGES messages of $OCTETS octets, $ROUNDS rounds: messages a second, median (least to most)"
perl -ane 'push @{$r{$F[0]}}, $F[1];
    END { for (keys %r) { @s = sort { $a <=> $b } @{$r{$_}}; $m{$_} = $s[@s/2]; $x{$_} = "$s[0] to $s[-1]" }
	for (sort { $m{$b} <=> $m{$a} } keys %m) {
	    printf "%-16s %8.1f  (%s)%s\n", $_, $m{$_}, $x{$_}, $m{"clamav-milter"} ? sprintf("  %.2f of clamav-milter", $m{$_} / $m{"clamav-milter"}) : "" } }' "$T/rates"
records=$(cat "$T"/records/*.jsonl | grep -c '"type":"message"')
equal "records of hopward" "$records" $((ROUNDS * (MESSAGES + SESSIONS * 4)))
