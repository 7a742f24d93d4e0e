# quarantine: accepted into Postfix' hold queue, for release with postsuper -H.
. "$(dirname "$0")/../lib.sh"
write_conf 'actions: { default: { infected = "quarantine"; }; };'
start_hopward
start_postfix
eicar >"$T/in/e"
compose "$T/in/a" "$T/in/e" e.com application/octet-stream
send a "$T/in/a"
like "reply" "$REPLY" '^250 '
id=${REPLY##* }
check "held" wait_for 20 [ -f "$T/queue/hold/$id" ]
like "Postfix' log" "$(grep "$id" "$T/log/mail.log")" 'milter-hold: END-OF-MESSAGE'
equal "action" "$(last action)" quarantine
equal "rule" "$(last rule)" mx.infected
postsuper -c "$T/postfix" -H "$id" 2>"$T/log/postsuper"
kick() { postqueue -c "$T/postfix" -f; delivered 1; }
check "released" wait_for 20 kick
like "marked" "$(header "$(inbox)" X-Virus-Status)" '^Infected \(.*[Ee]icar'
