# watch:ACTION for one outcome: recorded as what would have been done.
. "$(dirname "$0")/../lib.sh"
write_conf 'actions: { default: { infected = "watch:reject"; }; };'
start_hopward
start_mta
eicar >"$T/in/e"
compose "$T/in/a" "$T/in/e" e.com application/octet-stream
send a "$T/in/a"
like "reply" "$REPLY" '^250 '
equal "action" "$(last action)" accept
equal "would" "$(last would.action)" reject
check "delivered" wait_for 20 delivered 1
unlike "not called clean" "$(header "$(inbox)" X-Virus-Status)" '^Clean'
