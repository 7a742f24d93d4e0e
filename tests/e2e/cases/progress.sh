# A scan that takes longer than the MTA waits for one answer: hopward's progress replies keep it waiting.
. "$(dirname "$0")/../lib.sh"
POSTFIX_EXTRA='milter_content_timeout = 2s'
SENDMAIL_TIMES=', T=C:10s;S:60s;R:2s;E:60s'
write_conf
start_hopward -o scanner.progress=500ms
start_mta
wait_engine
big_message "$T/in/big" 15728640
send big "$T/in/big" &
sender=$!
check "a worker holds the message" wait_for 60 busy_worker
# It is about time: as long as nothing else ends it, twice what the MTA waits.
wait_for 5 ended $sender && bad "the MTA did not wait"
kill -CONT "$WORKER"
wait $sender
like "reply" "$(final_reply "$T/log/big.smtp")" '^250 '
equal "outcome" "$(last outcome)" clean
check "delivered" wait_for 20 delivered 1
