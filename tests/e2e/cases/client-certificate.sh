# Client certificates: trusted, a stranger's, none.  Sendmail tells {verify} and whole names, Postfix the CN of what it trusts.
. "$(dirname "$0")/../lib.sh"
POSTFIX_EXTRA="smtpd_tls_ask_ccert = yes
smtpd_tls_CAfile = $T/postfix/clients.pem"
start_hopward
start_mta
CA=$T/$MTA/clients
make_certificate "$T/in" partner '/C=GB/O=Partner & Söhne (Ltd)/CN=mail.partner.test' -CA "$CA.pem" -CAkey "$CA.key"
make_certificate "$T/in" stranger "/CN=mail.partner.test"
compose "$T/in/a"
hop() { last "hops.0.$1"; }
send a "$T/in/a" --tls --tls-cert "$T/in/partner.pem" --tls-key "$T/in/partner.key"
like "trusted: reply" "$REPLY" '^250 '
equal "trusted: tls" "$(hop tls) $(hop version)" "yes TLSv1.3"
if [ "$MTA" = sendmail ]; then
	equal "trusted: verify" "$(hop verify)" OK
	# As Sendmail writes them: xtext, in it OpenSSL's \xNN where it is not ASCII.
	equal "trusted: subject" "$(hop cert_subject)" '/C=GB/O=Partner+20&+20S+5CxC3+5CxB6hne+20+28Ltd+29/CN=mail.partner.test'
	equal "trusted: issuer" "$(hop cert_issuer)" '/O=Partner+20Trust+20+28Test+29/CN=Clients+20&+20+3CSons+3E+20CA'
else
	equal "trusted: verify, which Postfix has not" "$(hop verify)" -
	equal "trusted: subject" "$(hop cert_subject)" mail.partner.test
	equal "trusted: issuer" "$(hop cert_issuer)" "Clients & <Sons> CA"
fi
send b "$T/in/a" --tls --tls-cert "$T/in/stranger.pem" --tls-key "$T/in/stranger.key"
like "stranger: reply" "$REPLY" '^250 '
if [ "$MTA" = sendmail ]; then
	equal "stranger: verify" "$(hop verify)" FAIL
	equal "stranger: subject, though not verified" "$(hop cert_subject)" /CN=mail.partner.test
else
	equal "stranger: Postfix names nobody" "$(hop cert_subject)" -
fi
# The next client of the same MTA has none: nothing of the former may stick.
send c "$T/in/a" --tls
equal "none: subject" "$(hop cert_subject)" -
[ "$MTA" = postfix ] || equal "none: verify" "$(hop verify)" NO
send d "$T/in/a"
equal "in clear: tls" "$(hop tls)" no
equal "in clear: verify" "$(hop verify)" -
