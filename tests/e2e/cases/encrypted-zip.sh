# What is encrypted cannot be scanned: delivered, and said so; never Clean.
. "$(dirname "$0")/../lib.sh"
write_conf 'headers: { subject_tag = "[not scanned]"; };'
start_hopward
start_mta
eicar | zip_of "$T/in/e.zip" secret.txt -P sesame
compose "$T/in/a" "$T/in/e.zip" secret.zip application/zip
SUBJECT='Hello' compose "$T/in/b" "$T/in/e.zip" secret.zip application/zip
send a "$T/in/b"
like "reply" "$REPLY" '^250 '
check "delivered" wait_for 20 delivered 1
equal "X-Virus-Status" "$(header "$(inbox)" X-Virus-Status)" "Not Scanned (encrypted)"
equal "Subject" "$(header "$(inbox)" Subject)" "[not scanned] Hello"
equal "outcome" "$(last outcome)" encrypted
equal "action" "$(last action)" tag
equal "rule" "$(last rule)" mx.encrypted
