# A limit of the engine reached is the outcome limit, tagged; never a scanned prefix called clean.
. "$(dirname "$0")/../lib.sh"
start_hopward -o clamav.MaxFileSize=100KB
start_mta
big_message "$T/in/a" 400000
send a "$T/in/a"
like "reply" "$REPLY" '^250 '
equal "outcome" "$(last outcome)" limit
equal "action" "$(last action)" tag
check "delivered" wait_for 20 delivered 1
like "status" "$(header "$(inbox)" X-Virus-Status)" '^Not Scanned \(limit'
