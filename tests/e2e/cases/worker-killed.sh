# kill -9 of a worker during a 15 MB scan: that message alone is tempfailed, and the next one is scanned.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
wait_engine
big_message "$T/in/big" 15728640
compose "$T/in/a"
send big "$T/in/big" &
sender=$!
check "a worker holds the message" wait_for 60 busy_worker
send small "$T/in/a"
like "other mail passes meanwhile" "$REPLY" '^250 '
kill -9 "$WORKER"
wait $sender
like "its message" "$(final_reply "$T/log/big.smtp")" '^451 4\.3\.0 .*\(ref '
equal "outcome" "$(last outcome)" crash
equal "action" "$(last action)" tempfail
send big2 "$T/in/big"
like "the next" "$REPLY" '^250 '
equal "outcome of the next" "$(last outcome)" clean
equal "records" "$(record_count)" 3
