# abort in the middle of a message, at each step, on one connection; what follows is judged by itself.
#records 1
#each outcome clean
open
negotiate
macros connect j gate.example.test {daemon_name} smtpd v Test
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
macros mail i A1
mail <a@sender.test>
abort
mail <a@sender.test>
rcpt <b@example.test>
abort
mail <a@sender.test>
rcpt <b@example.test>
data
abort
mail <a@sender.test>
rcpt <b@example.test>
data
header Subject first
abort
mail <a@sender.test>
rcpt <b@example.test>
data
header Subject second
eoh
body half a line
abort
abort
mail <a@sender.test>
rcpt <b@example.test>
data
header Subject third
header From a@sender.test
eoh
body whole\r\n
macros eom i A1
eom
expect continue
action X-Virus-Status: Clean
no-action first|second
quit
eof
