# STARTTLS: the TLS of the second EHLO is the one that counts, in header and record.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
compose "$T/in/a"
send a "$T/in/a" --tls
like "reply" "$REPLY" '^250 '
check "delivered" wait_for 20 delivered 1
like "Authentication-Results" "$(header "$(inbox)" Authentication-Results)" 'x-tls=pass.*TLSv1\.3'
equal "tls" "$(last hops.0.tls)" yes
equal "version" "$(last hops.0.version)" TLSv1.3
like "cipher" "$(last hops.0.cipher)" '^TLS_AES'
like "bits" "$(last hops.0.bits)" '^(128|256)$'
equal "no macro says more" "$(last hops.0.macros) $(last hops.0.offered)" "- -"
send b "$T/in/a" --tls --tls-protocol tlsv1_2
equal "TLS 1.2" "$(last hops.0.version)" TLSv1.2
# The same process of Postfix next talks in clear: nothing of the former may stick.
send c "$T/in/a"
equal "in clear afterwards" "$(last hops.0.tls)" no
