# No database at start: exit 69 with the reason, and -n says it as well.
. "$(dirname "$0")/../lib.sh"
set_milter
write_conf
mkdir "$T/db"
run_hopward
check "empty directory: ends by itself" wait_for 60 ended "$HOPWARD_PID"
WANT_EXIT=69 stop_hopward
like "reason" "$(cat "$T/log/hopward")" "($T/db|[Dd]atabase|signatures)"
rmdir "$T/db"
sed -i "s|$T/db|$T/nowhere|" "$T/hopward.conf"
as_hopward "$BIN/hopward" -n -c "$T/hopward.conf" >"$T/log/n" 2>&1
like "-n: exit of sysexits.h for a missing directory" $? '^(69|78)$'
like "-n names it" "$(cat "$T/log/n")" "nowhere"
