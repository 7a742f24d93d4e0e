# A partner who promised TLS and comes in clear is refused at MAIL, on record, and nothing of the message is transferred.
. "$(dirname "$0")/../lib.sh"
write_conf 'contact = "https://gate.example.test/tls%20rules";
partners = ( {
	name = "acme"; domains = [ "acme.test" ]; action = "reject";
	exceptions = ( { domain = "scanner.acme.test"; reason = "an old scanner"; expires = "2037-01-01"; } );
} );'
start_hopward
start_mta
compose "$T/in/a"
FROM=alice@acme.test
send a "$T/in/a"
like "in clear" "$REPLY" '^550 5\.7\.10 .*acme'
like "contact" "$REPLY" 'ref [0-9A-Z]{12}, https://gate.example.test/tls%20rules\)'
check_not "no recipient was asked for" grep -q 'RCPT TO' "$T/log/a.smtp"
check_not "no content was transferred" grep -Eq '^ *-> (DATA|BDAT)' "$T/log/a.smtp"
equal "records" "$(record_count)" 1
equal "stage" "$(last stage)" mail
equal "action" "$(last action)" reject
equal "rule" "$(last rule)" partner.acme
equal "tls" "$(last hops.0.tls)" no
equal "partner" "$(last partners.0.name)" acme
equal "state" "$(last partners.0.state)" no-tls
equal "confirmed" "$(last partners.0.confirmed)" unconfirmed
equal "from" "$(last from.domain)" acme.test
like "the reference is the record's" "$REPLY" "ref $(last id),"
equal "counted" "$(status front.refused.mail)" 1
like "log line" "$(grep -F "id=$(last id)" "$T/log/hopward")" 'action=reject .*rule=partner\.acme .*detail=MAIL partner=acme:no-tls '
like "hopwardctl log" "$(ctl log --since today)" 'at MAIL'

# A subdomain, and the same session goes on after a refusal.
FROM=bob@sub.acme.test send b "$T/in/a"
like "subdomain" "$REPLY" '^550 5\.7\.10 '
exec 5<>"/dev/tcp/127.0.0.1/$SMTP"
ask() { local l; [ -z "$1" ] || printf '%s\r\n' "$1" >&5; while IFS= read -r -t 30 l <&5; do case $l in ???-*) ;; *) ANSWER=${l%$'\r'}; return ;; esac; done; ANSWER='no answer'; }
ask '' && ask 'EHLO client.test' && ask 'MAIL FROM:<alice@acme.test>'
like "refused" "$ANSWER" '^550 5\.7\.10 '
ask 'RCPT TO:<bob@example.test>'
like "no MAIL, no recipient" "$ANSWER" '^503 '
ask 'MAIL FROM:<alice@other.test>'
like "another sender" "$ANSWER" '^250 '
ask 'RSET' && ask 'MAIL FROM:<alice@acme.test>'
like "refused again" "$ANSWER" '^550 5\.7\.10 '
ask 'QUIT'
exec 5>&-

send c "$T/in/a" --tls
like "under TLS" "$REPLY" '^250 '
equal "no stage" "$(last stage)" -
equal "kept" "$(last partners.0.state)" kept
equal "outcome" "$(last outcome)" clean
FROM=alice@scanner.acme.test send d "$T/in/a"
like "excepted" "$REPLY" '^250 '
equal "the exception" "$(last partners.0.exception)" "an old scanner"
FROM=alice@other.test send e "$T/in/a"
like "a stranger" "$REPLY" '^250 '
equal "no rule about him" "$(last partners)" -
check "delivered" wait_for 20 delivered 3
