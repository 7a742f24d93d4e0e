# Debian's default: smtpd and cleanup in a chroot, the milter's socket in the queue directory.
# Postfix only: smtpd and cleanup in a chroot, which Sendmail has not.
. "$(dirname "$0")/../lib.sh"
MILTER=unix:hopward/hopward.sock
HOPWARD_UNIX=$T/queue/hopward/hopward.sock
HOPWARD_SOCKET=unix:$HOPWARD_UNIX
start_postfix chroot
install -d -o $FRONT_UID -g postfix -m 2750 "$T/queue/hopward"
group=postfix
san && { group=''; chmod 2755 "$T/queue/hopward"; }
write_conf "socket_mode = \"$(san && echo 0666 || echo 0660)\"; socket_group = \"$group\";"
start_hopward
compose "$T/in/a"
send a "$T/in/a" --tls
like "reply" "$REPLY" '^250 '
equal "tls" "$(last hops.0.tls)" yes
san || equal "owner and mode" "$(stat -c '%u %G %a' "$HOPWARD_UNIX")" "$FRONT_UID postfix 660"
check "sendmail" local_sendmail -f alice@sender.test bob@example.test <"$T/in/a"
check "recorded" wait_for 20 has_records 2
equal "class" "$(last class)" local
check "delivered" wait_for 20 delivered 2
# A socket that a killed daemon left is taken over.
kill -9 "$HOPWARD_PID" "$(front_pid)" "$(scan_main_pid)"
wait "$HOPWARD_PID" 2>/dev/null
HOPWARD_PID=
start_hopward
send b "$T/in/a"
like "after a crash" "$REPLY" '^250 '
