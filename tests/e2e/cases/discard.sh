# discard: the client is told 250, nobody gets it, the record says so.
. "$(dirname "$0")/../lib.sh"
write_conf 'actions: { default: { infected = "discard"; }; };'
start_hopward
start_mta
eicar >"$T/in/e"
compose "$T/in/a" "$T/in/e" e.com application/octet-stream
compose "$T/in/b"
equal "replies" "$(client send "$T/in/a" "$T/in/b" | cut -c1-3 | tr '\n' ' ')" "250 250 "
check "the clean one is delivered" wait_for 20 delivered 1
equal "action" "$(nth 1 action)" discard
equal "the other's" "$(nth 2 action)" accept
equal "only one delivered" "$(inbox | wc -l)" 1
check "queues are empty" wait_for 10 eval '[ -z "$(queued)" ]'
