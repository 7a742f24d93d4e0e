# Ten messages on one connection.
#records 10
#each outcome clean
#each hops.0.tls yes
open
negotiate
macros connect j gate.example.test {daemon_name} smtpd v Test
connect client.sender.test 192.0.2.1 4711
macros helo {tls_version} TLSv1.3 {cipher} TLS_AES_256_GCM_SHA384 {cipher_bits} 256
helo client.sender.test
repeat 10
macros mail {mail_addr} a@sender.test {tls_version} TLSv1.3 {cipher} TLS_AES_256_GCM_SHA384 {cipher_bits} 256
mail <a@sender.test>
macros rcpt {rcpt_addr} b@example.test
rcpt <b@example.test>
macros data i Q1
data
header From a@sender.test
header Subject one of ten
macros eoh i Q1
eoh
body-fill 70000
macros eom i Q1
eom
expect continue
action X-Virus-Status: Clean
action Authentication-Results:.*x-tls=pass
end
quit
eof
