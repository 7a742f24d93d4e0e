# What else a rule may do: watch, log, tag, tempfail; the null sender is tagged, our own people are left alone.
. "$(dirname "$0")/../lib.sh"
write_conf 'submission_daemons = [ "SUBMISSION" ];
partners = (
	{ name = "watched"; domains = [ "watched.test" ]; action = "watch:reject"; },
	{ name = "logged"; domains = [ "logged.test" ]; action = "log"; },
	{ name = "tagged"; domains = [ "tagged.test" ]; action = "tag"; },
	{ name = "later"; domains = [ "later.test" ]; action = "tempfail"; },
	{ name = "strict"; domains = [ "strict.test" ]; require: { version = "TLSv1.3"; }; action = "reject"; },
	{ name = "loopback"; networks = [ "127.0.0.2" ]; action = "reject"; }
);'
start_hopward
start_mta
SUBJECT=watched compose "$T/in/watched"
SUBJECT=logged compose "$T/in/logged"
SUBJECT=tagged HEADERS=$'X-Hopward-TLS: partner=tagged; missed=nothing\n' compose "$T/in/tagged"
SUBJECT=bounce compose "$T/in/bounce"
FROM=alice@watched.test send a "$T/in/watched"
like "watched" "$REPLY" '^250 '
equal "watched: action" "$(last action)" accept
equal "watched: would" "$(last would.action)" reject
equal "watched: rule" "$(last would.rule)" partner.watched
equal "watched: partner's would" "$(last partners.0.would)" reject
FROM=alice@logged.test send b "$T/in/logged"
like "logged" "$REPLY" '^250 '
equal "logged: state" "$(last partners.0.state)" no-tls
equal "logged: action" "$(last action)" accept
FROM=alice@tagged.test send c "$T/in/tagged"
like "tagged" "$REPLY" '^250 '
equal "tagged: action" "$(last action)" tag
check "delivered" wait_for 20 delivered 3
got=$(mail_with 'Subject: tagged')
like "tagged: the mark, the forged one gone" "$(header "$got" X-Hopward-TLS)" '^partner=tagged; missed=no-tls; confirmed=no$'
equal "tagged: the scan's status is unchanged" "$(header "$got" X-Virus-Status)" Clean
equal "watched: no mark" "$(header "$(mail_with 'Subject: watched')" X-Hopward-TLS)" ''
FROM=alice@later.test send d "$T/in/watched"
like "later" "$REPLY" '^451 4\.7\.10 '
equal "later: stage" "$(last stage)" mail
FROM=alice@strict.test send e "$T/in/watched" --tls --tls-protocol tlsv1_2
like "strict" "$REPLY" '^550 5\.7\.10 .*TLSv1\.3'
equal "strict: state" "$(last partners.0.state)" version
equal "strict: the TLS at MAIL is known" "$(last hops.0.version)" TLSv1.2
FROM=alice@strict.test send f "$T/in/watched" --tls
like "strict with TLS 1.3" "$REPLY" '^250 '
PORT=$SUBMISSION FROM=alice@strict.test send g "$T/in/watched"
like "our own people" "$REPLY" '^250 '
equal "our own people: class" "$(last class)" submission
equal "our own people: no rule" "$(last partners)" -
# Sendmail relays for clients with a name only, and that address has none.
if [ "$MTA" = postfix ]; then
	FROM='<>' send h "$T/in/bounce" --local-interface 127.0.0.2
	like "null sender" "$REPLY" '^250 '
	equal "null sender: action" "$(last action)" tag
	equal "null sender: said" "$(last partners.0.null_sender)" true
	equal "null sender: confirmed" "$(last partners.0.confirmed)" network
fi
FROM=alice@other.test send i "$T/in/bounce" --local-interface 127.0.0.2
like "by network" "$REPLY" '^550 5\.7\.10 '
equal "by network: confirmed" "$(last partners.0.confirmed)" network
