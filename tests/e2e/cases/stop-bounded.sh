# SIGTERM waits for what is in flight, but not for ever.
. "$(dirname "$0")/../lib.sh"
write_conf 'stop_wait = "1s";'
start_hopward
start_mta
wait_engine
big_message "$T/in/big" 4000000
send big "$T/in/big" &
sender=$!
check "a worker holds the message" wait_for 60 busy_worker
hopward_signal TERM
check "ends though the worker is stopped" wait_for 30 ended "$HOPWARD_PID"
wait $sender
like "not accepted" "$(final_reply "$T/log/big.smtp")" '^4'
equal "nothing delivered" "$(inbox | wc -l)" 0
check "no process is left" wait_for 10 ended "$WORKER"
