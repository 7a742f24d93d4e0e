# A held message that is put back with postsuper -r: Postfix 3.7 does not show it to milters again, its marks of the first time stay.
# Postfix only: postsuper -r shows a message to the filters again; Sendmail has nothing like it.
. "$(dirname "$0")/../lib.sh"
POSTFIX_EXTRA='smtpd_client_restrictions = check_client_access static:hold'
start_hopward
start_postfix
compose "$T/in/a"
send a "$T/in/a" --tls
like "reply" "$REPLY" '^250 '
id=${REPLY##* }
check "held" wait_for 20 [ -f "$T/queue/hold/$id" ]
equal "records" "$(record_count)" 1
postsuper -c "$T/postfix" -r "$id" 2>"$T/log/postsuper"
# Wakes pickup(8), which else looks once a minute.
BODY=another compose "$T/in/b"
check "sendmail" local_sendmail -f alice@sender.test bob@example.test <"$T/in/b"
check "both delivered" wait_for 30 delivered 2
m=$(mail_with 'A plain message.')
equal "X-Virus-Status" "$(header "$m" X-Virus-Status)" Clean
like "its TLS" "$(header "$m" Authentication-Results)" 'x-tls=pass'
check "recorded" wait_for 20 has_records 2
equal "the other one's class" "$(last class)" local
