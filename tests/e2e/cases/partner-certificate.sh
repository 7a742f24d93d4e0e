# A partner who promised a certificate that can be verified; and what of a person's certificate is not kept.
. "$(dirname "$0")/../lib.sh"
write_conf 'submission_daemons = [ "SUBMISSION" ];
partners = ( { name = "acme"; certificates = [ "CN=mx.acme.test" ]; domains = [ "acme.test" ]; require: { verified = true; }; action = "reject"; } );'
POSTFIX_EXTRA="smtpd_tls_ask_ccert = yes
smtpd_tls_CAfile = $T/postfix/clients.pem"
start_hopward
start_mta
CA=$T/$MTA/clients
make_certificate "$T/in" acme /O=Acme/CN=mx.acme.test -CA "$CA.pem" -CAkey "$CA.key"
make_certificate "$T/in" stranger /O=Acme/CN=mx.acme.test
compose "$T/in/a"
FROM=alice@acme.test
send a "$T/in/a" --tls --tls-cert "$T/in/acme.pem" --tls-key "$T/in/acme.key"
like "with his certificate" "$REPLY" '^250 '
like "subject" "$(last hops.0.cert_subject)" '(^|CN=)mx\.acme\.test$'
equal "said once" "$(last hops.0.macros.cert_subject)" -
equal "confirmed" "$(last partners.0.confirmed)" certificate
equal "kept" "$(last partners.0.state)" kept
equal "the sender" "$(last sender.domain) $(last sender.confirmed)" "acme.test certificate"
send b "$T/in/a" --tls --tls-cert "$T/in/stranger.pem" --tls-key "$T/in/stranger.key"
like "with one that nobody signed" "$REPLY" '^550 5\.7\.10 .*certificate'
equal "state" "$(last partners.0.state)" unverified
equal "confirmed" "$(last partners.0.confirmed)" unconfirmed
send c "$T/in/a" --tls
like "with none" "$REPLY" '^550 5\.7\.10 '
equal "stage" "$(last stage)" mail
PORT=$SUBMISSION send d "$T/in/a" --tls --tls-cert "$T/in/acme.pem" --tls-key "$T/in/acme.key"
like "submission" "$REPLY" '^250 '
equal "a person's is not kept" "$(last hops.0.cert_subject) $(last hops.0.macros.cert_subject)" "- -"
equal "nor his issuer" "$(last hops.0.cert_issuer) $(last hops.0.macros.cert_issuer)" "- -"
equal "no rule about him" "$(last partners)" -
