# Fifty clients that go without a word, at every step: the front keeps no descriptor, no memory, no count of them.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
wait_engine
big_message "$T/in/big" 2000000
compose "$T/in/a"
send first "$T/in/a"
front=$(front_pid)
fds() { ls "/proc/$front/fd" | wc -l; }
settled() { [ "$(status front.connections_open)" = 0 ] && [ "$(status front.in_flight)" = 0 ]; }
check "quiet before" wait_for 30 settled
before=$(fds)
for step in connect helo mail rcpt data; do client vanish $step 6 "$T/in/big"; done
for step in half dot; do client vanish $step 10 "$T/in/big"; done
# Postfix speaks to milters within a process that it keeps for a while: the last ones may linger so long.
check "all gone" wait_for 60 settled
back() { [ "$(fds)" -le "$before" ]; }
check "descriptors: $before before, $(fds) after" wait_for 20 back
equal "spool" "$(status front.spool_bytes)" 0
equal "the same front" "$(front_pid)" "$front"
send last "$T/in/a"
like "serves" "$REPLY" '^250 '
