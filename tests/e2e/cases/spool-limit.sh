# The spool's total is a cap: beyond it a message is tempfailed at its end, and smaller mail passes.
. "$(dirname "$0")/../lib.sh"
write_conf 'spool: { total = "16MB"; message = "12MB"; };'
start_hopward
start_mta
wait_engine
big_message "$T/in/big" 20000000
compose "$T/in/a"
big_message "$T/in/mid" 9000000
send mid "$T/in/mid" &
sender=$!
check "a worker holds the first" wait_for 60 busy_worker
send mid2 "$T/in/mid"
like "no room for a second" "$REPLY" '^45[12] 4\.3\.'
kill -CONT "$WORKER"
wait $sender
like "the first" "$(final_reply "$T/log/mid.smtp")" '^250 '
send mid3 "$T/in/mid"
like "room again" "$REPLY" '^250 '
equal "nothing stays" "$(status front.spool_bytes)" 0
# More than one message may have: limit, tagged, never called clean.
send big "$T/in/big"
like "too large for one" "$REPLY" '^250 '
equal "outcome" "$(last outcome)" limit
big_delivered() { [ -n "$(find "$T/mail/inbox/new" -size +14000k)" ]; }
check "delivered" wait_for 30 big_delivered
like "status" "$(header "$(find "$T/mail/inbox/new" -size +14000k)" X-Virus-Status)" '^Not Scanned \(limit'
