# A unix socket without a chroot, in a directory that only its owner can write; Sendmail refuses any other.
. "$(dirname "$0")/../lib.sh"
MILTER=unix:$T/sock/hopward.sock
HOPWARD_UNIX=$T/sock/hopward.sock
HOPWARD_SOCKET=$MILTER
install -d -o $FRONT_UID -g postfix -m 2750 "$T/sock"
write_conf "$(san || echo 'socket_group = "postfix";')"
# With sanitizers hopward is of no group of Postfix'.
san && { chmod 2755 "$T/sock"; sed -i '1i socket_mode = "0666";' "$T/hopward.conf"; }
start_hopward
start_mta
compose "$T/in/a"
send a "$T/in/a" --tls
like "reply" "$REPLY" '^250 '
equal "tls" "$(last hops.0.tls)" yes
if [ "$MTA" = sendmail ]; then
	for mode in 2770 2757; do
		chmod $mode "$T/sock"
		send "mode$mode" "$T/in/a"
		like "directory of mode $mode: mail waits at its sender" "$REPLY" '^4'
		like "and the log says why" "$(tail -5 "$T/log/mail.log")" 'hopward\.sock unsafe'
	done
	chmod 2750 "$T/sock"
fi
# A socket that a killed daemon left is taken over.
kill -9 "$HOPWARD_PID" "$(front_pid)" "$(scan_main_pid)"
wait "$HOPWARD_PID" 2>/dev/null
HOPWARD_PID=
start_hopward
send b "$T/in/a"
like "after a crash" "$REPLY" '^250 '
equal "records" "$(record_count)" 2
