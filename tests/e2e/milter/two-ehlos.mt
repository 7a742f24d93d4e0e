# STARTTLS as Postfix shows it: an EHLO without TLS macros, an abort, an EHLO with them.  The TLS is kept.
#records 2
#each hops.0.tls yes
#each hops.0.version TLSv1.2
open
negotiate
macros connect j gate.example.test {daemon_name} smtpd {daemon_port} 25 {client_addr} 192.0.2.1 v Test
connect client.sender.test 192.0.2.1 4711
macros helo {client_resolve} OK
helo client.sender.test
abort
macros helo {tls_version} TLSv1.2 {cipher} ECDHE-RSA-AES256-GCM-SHA384 {cipher_bits} 256 {client_resolve} OK
helo client.sender.test
abort
macros mail {mail_addr} a@sender.test
mail <a@sender.test>
rcpt <b@example.test>
abort
mail <a@sender.test>
rcpt <b@example.test>
data
header From a@sender.test
eoh
body text\r\n
eom
expect continue
action x-tls=pass
mail <a@sender.test>
rcpt <b@example.test>
data
header From a@sender.test
eoh
eom
expect continue
action x-tls=pass
quit
eof
