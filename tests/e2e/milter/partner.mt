# Partners' rules as a scripted MTA sees them: answers at MAIL and RCPT, also behind QUIT_NC; REQUIRETLS, told apart and glued.
#conf contact = "https://gate.example.test/100%25";
#conf partners = ( { name = "acme"; domains = [ "acme.test" ]; action = "reject"; },
#conf   { name = "secret"; recipients = [ "secret.test" ]; action = "tempfail"; } );
# libmilter takes QUIT_NC behind the end of a message only.
#records 6
open
negotiate
macros connect j gate.example.test {daemon_name} smtpd
connect client.sender.test 192.0.2.1 4711
macros helo {client_resolve} OK
helo client.sender.test
macros mail {mail_addr} a@acme.test
mail <a@acme.test> SIZE=5
expect reply
reply ^550 5\.7\.10 .*100%%25
abort
mail <a@other.test>
expect continue
rcpt <b@secret.test>
expect reply
reply ^451 4\.7\.10
rcpt <c@secret.test>
expect reply
rcpt <b@example.test>
expect continue
data
header Subject one
eoh
eom
expect continue
mail <a@acme.test>
expect reply
reply ^550
abort
mail <a@other.test> SIZE=5 REQUIRETLS
expect continue
rcpt <b@example.test>
header Subject two
eoh
eom
expect continue
quitnc
macros connect j gate.example.test {daemon_name} smtpd
connect other.sender.test 192.0.2.2 4712
macros helo {client_resolve} OK
helo other.sender.test
mail <a@acme.test>
expect reply
reply ^550
mail <x@other.test>
expect continue
quit
eof
