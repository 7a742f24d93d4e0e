# Several recipients are one message and one record.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
compose "$T/in/a"
TO=bob@example.test,carol@example.test,dave@elsewhere.test
send a "$T/in/a"
like "reply" "$REPLY" '^250 '
check "delivered to both here" wait_for 20 delivered 2
equal "records" "$(record_count)" 1
equal "rcpts" "$(last rcpts)" 3
equal "third" "$(last to.2.domain)" elsewhere.test
