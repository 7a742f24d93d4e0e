# 30 MB pass whole, through the queue of the large, and arrive octet for octet.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
big_message "$T/in/a" 31457280
REPLY=$(client send "$T/in/a")	# swaks would add a line end
like "reply" "$REPLY" '^250 '
check "delivered" wait_for 60 delivered 1
equal "outcome" "$(last outcome)" clean
check "size in the record: $(last size)" [ "$(last size)" -gt 30000000 ]
body() { tr -d '\r' <"$1" | sed '1,/^$/d' | sha256sum; }
equal "body" "$(body "$(inbox)")" "$(body "$T/in/a")"
send b "$T/in/a" --tls
like "again under TLS" "$REPLY" '^250 '
equal "nothing stays in the spool" "$(status front.spool_bytes)" 0
