# Mail on a listed listener is of the class submission, without SASL; its people get a sentence of their own.
. "$(dirname "$0")/../lib.sh"
write_conf 'submission_daemons = [ "SUBMISSION" ]; replies: { submission_text = "Your own computer may be infected, please call 1234."; };'
start_hopward
start_mta
compose "$T/in/a"
PORT=$SUBMISSION send a "$T/in/a" --tls
like "reply" "$REPLY" '^250 '
equal "class" "$(last class)" submission
equal "why" "$(last class_why)" daemon_name
equal "listener" "$(last listener.name)" SUBMISSION
eicar >"$T/in/e"
compose "$T/in/b" "$T/in/e" e.com application/octet-stream
PORT=$SUBMISSION send b "$T/in/b"
like "reply" "$REPLY" '^550 5\.7\.1 Your own computer may be infected, please call 1234\. \(ref '
equal "rule" "$(last rule)" submission.infected
send c "$T/in/b"
equal "the other listener is mx" "$(last rule)" mx.infected
