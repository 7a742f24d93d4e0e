# quarantine: accepted into Postfix' hold queue, for release with postsuper -H.
. "$(dirname "$0")/../lib.sh"
write_conf 'actions: { default: { infected = "quarantine"; }; };'
start_hopward
start_mta
eicar >"$T/in/e"
compose "$T/in/a" "$T/in/e" e.com application/octet-stream
send a "$T/in/a"
like "reply" "$REPLY" '^250 '
id=$(queue_id "$REPLY")
check "held" wait_for 20 held "$id"
like "the MTA's list" "$(queue_list)" "$id"
like "the MTA's log" "$(grep "$id" "$T/log/mail.log")" "$MTA_HELD"
equal "action" "$(last action)" quarantine
equal "rule" "$(last rule)" mx.infected
release "$id"
kick() { queue_run; delivered 1; }
check "released" wait_for 20 kick
like "marked" "$(header "$(inbox)" X-Virus-Status)" '^Infected \(.*[Ee]icar'
