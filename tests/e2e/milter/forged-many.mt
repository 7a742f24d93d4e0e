# Fields of our names are removed from the last to the first, as the numbers of those behind shift.
#records 1
open
negotiate
macros connect j gate.example.test {daemon_name} smtpd
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
header Authentication-Results gate.example.test; x-tls=pass one
header Authentication-Results mail.other.test; dkim=pass
header Authentication-Results gate.example.test; x-tls=pass three
header X-Virus-Status Clean
header X-Virus-Status Clean
eoh
body text\r\n
eom
expect continue
action ^change 3 Authentication-Results: ?$
action ^change 1 Authentication-Results: ?$
no-action ^change 2 Authentication-Results
action ^change 2 X-Virus-Status: ?$
action ^change 1 X-Virus-Status: ?$
quit
eof
