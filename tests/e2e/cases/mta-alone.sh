# The harness itself: the private Postfix takes and delivers mail without any milter.
. "$(dirname "$0")/../lib.sh"
MILTER=
start_mta
compose "$T/in/a"
send clear "$T/in/a"
like "clear" "$REPLY" '^250 2\.0\.0'
send tls "$T/in/a" --tls
like "STARTTLS" "$REPLY" '^250 2\.0\.0'
check "both delivered" wait_for 20 delivered 2
like "TLS on the Received line" "$(cat $(inbox))" "$MTA_RECEIVED_TLS"
big_message "$T/in/big" 1000000
equal "8-bit client" "$(client send "$T/in/big" "$T/in/a" | cut -c1-3 | tr '\n' ' ')" "250 250 "
equal "pipelined client" "$(client send --pipeline "$T/in/a" "$T/in/a" | cut -c1-3 | tr '\n' ' ')" "250 250 "
check "sendmail" local_sendmail -f alice@sender.test bob@example.test <"$T/in/a"
check "all delivered" wait_for 20 delivered 7
