# An MTA that offers little: version 6 without any protocol bit, and without any action.  It is judged and recorded all the same.
#records 2
#conf actions: { default: { blocked = "reject"; }; };
open
negotiate 1ff 0
connect client.sender.test 192.0.2.1 4711
expect continue
helo client.sender.test
expect continue
mail <a@sender.test>
expect continue
rcpt <b@example.test>
expect continue
data
expect continue
header From a@sender.test
expect continue
eoh
expect continue
body text\r\n
eom
expect continue
action X-Virus-Status: Clean
quit
eof
open
negotiate 0 0
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
header From a@sender.test
header Content-Type application/octet-stream; name="run.exe"
header Content-Disposition attachment; filename="run.exe"
eoh
body text\r\n
eom
reply ^550 5\.7\.1 Attachment not allowed
no-action .
quit
eof
