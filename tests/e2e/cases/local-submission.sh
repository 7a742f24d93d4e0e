# sendmail(1) through non_smtpd_milters: scanned like all, class local, and not taken for a plaintext hop.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
compose "$T/in/a"
check "sendmail" local_sendmail -f alice@sender.test bob@example.test <"$T/in/a"
check "recorded" wait_for 20 has_records 1
equal "class" "$(last class)" local
equal "tls" "$(last hops.0.tls)" unknown
equal "reason" "$(last hops.0.reason)" local
check "delivered" wait_for 20 delivered 1
unlike "no x-tls=none" "$(header "$(inbox)" Authentication-Results)" 'x-tls=none'
eicar >"$T/in/eicar.com"
compose "$T/in/b" "$T/in/eicar.com" eicar.com application/octet-stream
local_sendmail -f alice@sender.test bob@example.test <"$T/in/b"
check "recorded" wait_for 20 has_records 2
equal "outcome" "$(nth 2 outcome)" infected
equal "action" "$(nth 2 action)" reject
check "its sender is told" wait_for 20 local_refused
equal "delivered no more" "$(inbox | wc -l)" 1
