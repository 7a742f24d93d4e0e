# A client that never says HELO: that it has no TLS is known at MAIL.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
exec 3<>"/dev/tcp/127.0.0.1/$SMTP"
line() { IFS= read -r -t 20 REPLY <&3; REPLY=${REPLY%$'\r'}; }
say() { printf '%s\r\n' "$1" >&3; line; }
line
like "greeting" "$REPLY" '^220 '
say 'MAIL FROM:<alice@sender.test>'
say 'RCPT TO:<bob@example.test>'
say 'DATA'
like "no HELO is wanted" "$REPLY" '^354 '
say $'Subject: no-helo\r\n\r\nwords\r\n.'
like "reply" "$REPLY" '^250 '
say QUIT
exec 3>&-
equal "tls" "$(last hops.0.tls)" no
equal "helo" "$(last client.helo)" -
equal "macros came at" "$(last hops.0.offered)" '["mail"]'
