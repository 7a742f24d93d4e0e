# EICAR in a zip is refused with a code, a reference that the record bears, and the contact; not with the signature's name.
. "$(dirname "$0")/../lib.sh"
write_conf 'contact = "https://mail.example.test/refused";'
start_hopward
start_mta
eicar | zip_of "$T/in/e.zip" eicar.com
compose "$T/in/a" "$T/in/e.zip" invoice.zip application/zip
send a "$T/in/a"
like "reply" "$REPLY" '^550 5\.7\.1 [A-Z][a-z ]+ \(ref [0-9A-HJKMNP-TV-Z]+, https://mail\.example\.test/refused\)$'
unlike "no signature's name" "$REPLY" '[Ee]icar'
ref=$(sed 's/.*(ref \([0-9A-Z]*\).*/\1/' <<<"$REPLY")
equal "outcome" "$(last outcome)" infected
equal "rule" "$(last rule)" mx.infected
equal "action" "$(last action)" reject
equal "reply" "$(last reply)" "550 5.7.1"
like "the record bears the reference" "$(last id)" "$ref"
like "signature" "$(last signature)" '[Ee]icar'
like "the name is kept with the finding" "$(last parts)" '"name":"invoice.zip"'
send b "$T/in/a" --tls
like "under STARTTLS" "$REPLY" '^550 5\.7\.1 '
# Bare, and as the only thing in the message.
eicar >"$T/in/eicar.com"
compose "$T/in/c" "$T/in/eicar.com" eicar.com application/octet-stream
send c "$T/in/c"
like "unpacked" "$REPLY" '^550 5\.7\.1 '
equal "nothing delivered" "$(inbox | wc -l)" 0
equal "nothing queued" "$(queued)" ""
