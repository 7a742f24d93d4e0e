# 8-bit content and SMTPUTF8 addresses pass unchanged.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
SUBJECT='Grüße aus Köln' BODY='Schöne Grüße: äöüß €' compose "$T/in/a"
like "8BITMIME" "$(client send --8bit "$T/in/a")" '^250 '
n=2
if [ "$MTA" = sendmail ]; then
	n=1
	note "without SMTPUTF8: Debian builds Sendmail without USE_EAI"
else
	like "SMTPUTF8" "$(client send --utf8 --from 'jürgen@sender.test' --to 'bücher@example.test' "$T/in/a")" '^250 '
fi
check "delivered" wait_for 20 delivered $n
equal "subjects as sent" "$(cat $(inbox) | grep -c 'Subject: Grüße aus Köln')" $n
equal "bodies as sent" "$(cat $(inbox) | grep -c 'äöüß €')" $n
equal "records" "$(record_count)" $n
equal "outcome" "$(last outcome)" clean
equal "domain" "$(last from.domain)" sender.test
check_not "no local part in the records" grep -r -e 'jürgen' -e 'bücher' "$T/records"
check "records are UTF-8" sh -c "cat $T/records/*.jsonl | iconv -f UTF-8 -t UTF-8 >/dev/null"
# An 8-bit header without SMTPUTF8, and octets that are no UTF-8.
{ cat "$T/in/a" | sed '$d'; printf 'X-Odd: \xff\xfe\r\n\r\nbody \xff\r\n'; } | sed '1i\X-Raw: \xff\xfe\r' >"$T/in/b"
like "broken octets" "$(client send --8bit "$T/in/b")" '^250 '
check "records are UTF-8 still" sh -c "cat $T/records/*.jsonl | iconv -f UTF-8 -t UTF-8 >/dev/null"
