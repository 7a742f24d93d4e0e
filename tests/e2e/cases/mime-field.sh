# X-Hopward-MIME: ambiguous mail says so, ordinary mail does not, and nobody else's word for it gets through.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
printf '%s\r\n' 'From: a@example.org' 'To: b@example.net' 'Subject: two types' 'X-Hopward-MIME: none; forged=1' 'MIME-Version: 1.0' \
    'Content-Type: text/plain' 'Content-Type: multipart/mixed; boundary=b' '' '--b' '' 'hello' '--b--' >"$T/in/a"
REPLY=$(client send "$T/in/a")
like "reply" "$REPLY" '^250 '
equal "action" "$(last action)" tag
check "delivered" wait_for 20 delivered 1
m=$(mail_with "two types")
equal "one field" "$(headers "$m" | grep -ci '^X-Hopward-MIME:')" 1
like "ours" "$(header "$m" X-Hopward-MIME)" '^hard; views=[0-9]+; objects=[0-9]+; reasons=CT-DUP'
like "record" "$(records | tail -1)" '"mime":\{"ambiguity":"hard",("views":[0-9]+,)?"objects":[0-9]+,"reasons":\["CT-DUP"'
printf '%s\r\n' 'From: a@example.org' 'To: b@example.net' 'Subject: nothing odd' 'x-hopward-mime: hard; reasons=FORGED' '' 'hello' >"$T/in/b"
like "reply" "$(client send "$T/in/b")" '^250 '
check "delivered" wait_for 20 delivered 2
m=$(mail_with "nothing odd")
equal "no field on ordinary mail" "$(headers "$m" | grep -ci '^X-Hopward-MIME:')" 0
