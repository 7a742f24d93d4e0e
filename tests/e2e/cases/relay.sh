# Clients in internal_networks are of the class relay, with actions of their own.
. "$(dirname "$0")/../lib.sh"
write_conf 'internal_networks = [ "127.0.0.0/8" ]; actions: { relay: { infected = "tag"; }; };'
start_hopward
start_mta
eicar >"$T/in/e"
compose "$T/in/a" "$T/in/e" e.com application/octet-stream
send a "$T/in/a"
like "reply" "$REPLY" '^250 '
equal "class" "$(last class)" relay
equal "why" "$(last class_why)" "internal network"
equal "rule" "$(last rule)" relay.infected
check "delivered" wait_for 20 delivered 1
like "marked" "$(header "$(inbox)" X-Virus-Status)" '^Infected '
