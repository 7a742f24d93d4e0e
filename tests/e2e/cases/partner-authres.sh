# Who it was: an SPF or DKIM pass in a trusted filter's field above every Received confirms it, one below does not.
. "$(dirname "$0")/../lib.sh"
write_conf 'trusted_authserv_ids = [ "filter.example.test" ];
partners = ( { name = "acme"; domains = [ "acme.test" ]; action = "tag"; } );'
start_hopward
start_mta
FROM=alice@acme.test
field='Authentication-Results: filter.example.test; spf=pass smtp.mailfrom=alice@acme.test'
dkim='Authentication-Results: filter.example.test; dkim=pass header.d=acme.test'
received='Received: from a.test (a.test [192.0.2.9]) by b.test with ESMTP; Mon, 01 Jan 2024 00:00:00 +0000'
message() { { printf '%s\n' "$@"; sed 's/\r$//' "$T/in/plain"; } | sed 's/$/\r/' >"$T/in/m"; }
compose "$T/in/plain"
message "$field"
send a "$T/in/m"
like "reply" "$REPLY" '^250 '
equal "spf" "$(last partners.0.confirmed)" spf
equal "the sender" "$(last sender.domain) $(last sender.confirmed)" "acme.test spf"
message "$dkim" "$received"
send b "$T/in/m"
equal "dkim" "$(last partners.0.confirmed)" dkim
message "$received" "$field" "$dkim"
send c "$T/in/m"
equal "below a Received" "$(last partners.0.confirmed)" unconfirmed
equal "below a Received: nobody is known" "$(last sender)" -
message "${field/filter./evil.}"
send d "$T/in/m"
equal "another name" "$(last partners.0.confirmed)" unconfirmed
message "${field/acme.test/other.test}"
send e "$T/in/m"
equal "another domain" "$(last partners.0.confirmed)" unconfirmed
message "${field/spf=pass/spf=fail}" "$field"
send g "$T/in/m"
equal "what the filter said last" "$(last partners.0.confirmed)" unconfirmed
message 'TLS-Required: No'
send f "$T/in/m"
equal "TLS-Required: No" "$(last tls_required_no)" true
