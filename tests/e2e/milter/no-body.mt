# End of message without body, without header fields, and without either.
#records 3
#each outcome clean
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
header From a@sender.test
eoh
eom
expect continue
mail <a@sender.test>
rcpt <b@example.test>
data
eoh
body text alone\r\n
eom
expect continue
mail <a@sender.test>
rcpt <b@example.test>
data
eoh
eom
expect continue
quit
eof
