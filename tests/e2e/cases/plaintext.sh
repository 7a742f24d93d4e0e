# A clean message without TLS: delivered, marked, recorded as seen in clear.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
compose "$T/in/a"
send a "$T/in/a"
like "reply" "$REPLY" "$MTA_TAKEN"
id=$(queue_id "$REPLY")
check "delivered" wait_for 20 delivered 1
m=$(inbox)
equal "X-Virus-Status" "$(header "$m" X-Virus-Status)" "Clean"
like "X-Virus-Scanned" "$(header "$m" X-Virus-Scanned)" 'gate\.example\.test'
like "Authentication-Results" "$(header "$m" Authentication-Results)" '^gate\.example\.test; *x-tls=none'
equal "records" "$(record_count)" 1
equal "queue_id" "$(last queue_id)" "$id"
equal "outcome" "$(last outcome)" clean
equal "action" "$(last action)" accept
equal "class" "$(last class)" mx
equal "client" "$(last client.ip)" 127.0.0.1
equal "from" "$(last from.domain)" sender.test
equal "to" "$(last to.0.domain)" example.test
equal "tls" "$(last hops.0.tls)" no
equal "evidence: observed, so not said" "$(last hops.0.evidence)" -
like "one log line with the queue id first" "$(grep -c "[]: ]$id[: ]" "$T/log/hopward")" '^1$'
