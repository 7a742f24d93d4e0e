# Mail of local programs as Debian's Sendmail takes it: a queue of smmsp, then SMTP to the daemon.
# Sendmail only: its mail submission program; with Postfix: local-submission.
. "$(dirname "$0")/../lib.sh"
write_conf 'internal_networks = [ "127.0.0.0/8" ];'
start_hopward
start_mta
compose "$T/in/a"
check "sendmail" msp_sendmail -f alice@sender.test bob@example.test <"$T/in/a"
check "recorded" wait_for 20 has_records 1
equal "class: a connection from this machine" "$(last class)" relay
equal "its TLS is what it is" "$(last hops.0.tls) $(last hops.0.version)" "yes TLSv1.3"
equal "the submission is a hop of its own" "$(last hops.1.evidence) $(last hops.1.local) $(last hops.1.tls)" "attested true unknown"
check "delivered" wait_for 20 delivered 1
# What is refused returns; the bounce does not bring the malware back (submit.mc: nobodyreturn).
eicar >"$T/in/eicar.com"
FROM=alice@example.test compose "$T/in/b" "$T/in/eicar.com" eicar.com application/octet-stream
msp_sendmail -f alice@example.test bob@example.test <"$T/in/b" >"$T/log/msp" 2>&1
check "the bounce is delivered" wait_for 20 delivered 2
m=$(mail_with 'Malware found (ref ')
check "it says why" test -n "$m"
like "from nobody" "$(header "$m" From)" 'MAILER-DAEMON'
check_not "and is not infected" grep -q 'X5O!P%@AP\|WDVPIVAlQEFQWzR' "$m"
equal "refused" "$(nth 2 outcome) $(nth 2 action)" "infected reject"
equal "the bounce" "$(nth 3 outcome) $(nth 3 action)" "clean accept"
check "nothing stays in the queues" wait_for 20 eval '[ -z "$(queued)" ]'
