# QUIT_NC: the MTA takes the same socket for its next client; nothing of the former client is kept.
#records 2
open
negotiate
macros connect j gate.example.test {daemon_name} smtpd
connect client.sender.test 192.0.2.1 4711
macros helo {tls_version} TLSv1.3 {cipher} TLS_AES_256_GCM_SHA384 {cipher_bits} 256
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
header Subject one
eoh
eom
expect continue
action x-tls=pass
quitnc
macros connect j gate.example.test {daemon_name} smtpd
connect other.sender.test 192.0.2.2 4712
macros helo {client_resolve} OK
helo other.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
header Subject two
eoh
eom
expect continue
no-action x-tls=pass
quit
eof
