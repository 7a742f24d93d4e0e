# Rules that come with a reload answer a connection from before at its end: nobody waits for an answer that is not given.
. "$(dirname "$0")/../lib.sh"
write_conf
start_hopward
start_mta
wait_engine
ask() { local l; [ -z "$1" ] || printf '%s\r\n' "$1" >&5; while IFS= read -r -t 30 l <&5; do case $l in ???-*) ;; *) ANSWER=${l%$'\r'}; return ;; esac; done; ANSWER='no answer'; }
message() { ask 'RCPT TO:<bob@example.test>' && ask DATA && ask $'Subject: x\r\n\r\nx\r\n.'; }
reload_with() {
	local g
	write_conf "$1"
	make_dirs
	g=$(generation)
	hopward_signal HUP
	check "reload" wait_for 60 generation_after "$g"
}
exec 5<>"/dev/tcp/127.0.0.1/$SMTP"
ask '' && ask 'EHLO client.test'
like "greeting" "$ANSWER" '^250 '
reload_with 'partners = ( { name = "acme"; domains = [ "acme.test" ]; action = "reject"; } );'
ask 'MAIL FROM:<alice@acme.test>'
like "an old connection: MAIL" "$ANSWER" '^250 '
message
like "an old connection: the end" "$ANSWER" '^550 5\.7\.10 '
equal "no stage" "$(last stage)" -
equal "rule" "$(last rule)" partner.acme
ask 'MAIL FROM:<alice@other.test>' && message
like "an old connection: another sender" "$ANSWER" '^250 '
ask QUIT
exec 5<>"/dev/tcp/127.0.0.1/$SMTP"
ask '' && ask 'EHLO client.test' && ask 'MAIL FROM:<alice@acme.test>'
like "a new connection: MAIL" "$ANSWER" '^550 5\.7\.10 '
equal "stage" "$(last stage)" mail
# And the other way: the rules are gone, the MTA waits for answers, and gets them.
reload_with ''
ask 'MAIL FROM:<alice@acme.test>'
like "rules gone: MAIL" "$ANSWER" '^250 '
message
like "rules gone: the end" "$ANSWER" '^250 '
ask QUIT
