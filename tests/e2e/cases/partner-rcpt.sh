# A rule about recipients refuses those at RCPT; the others get the message.
. "$(dirname "$0")/../lib.sh"
write_conf 'partners = ( { name = "secret"; recipients = [ "xn--bcher-kva.example.test" ]; action = "reject"; } );'
start_hopward
start_mta
compose "$T/in/a"
TO=bob@xn--bcher-kva.example.test,carol@example.test,dave@xn--bcher-kva.example.test
send a "$T/in/a"
like "reply" "$REPLY" '^250 '
equal "refused recipients" "$(grep -c '550 5\.7\.10 .*secret' "$T/log/a.smtp")" 2
check "delivered" wait_for 20 delivered 1
equal "records" "$(record_count)" 2
equal "stage" "$(nth 1 stage)" rcpt
equal "rule" "$(nth 1 rule)" partner.secret
equal "the first alone" "$(nth 1 rcpts)" 1
equal "the other" "$(nth 2 to.0.domain)" example.test
equal "its recipients" "$(nth 2 rcpts)" 1
equal "and those refused" "$(nth 2 rcpts_refused)" 2
equal "no rule about it" "$(nth 2 partners)" -
equal "counted" "$(status front.refused.rcpt)" 2
send b "$T/in/a" --tls
like "under TLS" "$REPLY" '^250 '
equal "all of them" "$(last rcpts)" 3
equal "kept" "$(last partners.0.state)" kept
