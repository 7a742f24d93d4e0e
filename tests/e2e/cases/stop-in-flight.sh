# SIGTERM finishes what is in flight: the message that is being scanned gets its answer and its record.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
wait_engine
big_message "$T/in/big" 15728640
send big "$T/in/big" &
sender=$!
check "a worker holds the message" wait_for 60 busy_worker
hopward_signal TERM
stopping() { grep -q 'stopping' "$T/log/hopward"; }
check "stopping" wait_for 10 stopping
no_more() { ! listens "$MILTER_PORT"; }
check "takes no more connections" wait_for 10 no_more
check_not "waits for the message" ended "$HOPWARD_PID"
kill -CONT "$WORKER"
wait $sender
like "answer" "$(final_reply "$T/log/big.smtp")" '^250 '
check "ends" wait_for 30 ended "$HOPWARD_PID"
equal "record" "$(last outcome)" clean
check "delivered" wait_for 20 delivered 1
