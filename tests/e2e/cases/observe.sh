# mode = "observe" records what it would have done, and does nothing: the mail arrives as it was.
. "$(dirname "$0")/../lib.sh"
write_conf 'mode = "observe";'
start_hopward
start_mta
eicar | zip_of "$T/in/e.zip" eicar.com
HEADERS=$'X-Virus-Status: Clean as it came\n' compose "$T/in/a" "$T/in/e.zip" e.zip application/zip
send a "$T/in/a"
like "reply" "$REPLY" '^250 '
check "delivered" wait_for 20 delivered 1
equal "outcome" "$(last outcome)" infected
equal "action" "$(last action)" accept
equal "would" "$(last would.action)" reject
equal "would rule" "$(last would.rule)" mx.infected
equal "no header touched" "$(header "$(inbox)" X-Virus-Status)" "Clean as it came"
equal "none added" "$(header "$(inbox)" X-Virus-Scanned; header "$(inbox)" Authentication-Results)" ""
