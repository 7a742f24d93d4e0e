# The reason of a hold can be parsed and names no address.
#conf actions: { default: { blocked = "quarantine"; }; };
#records 1
#each action quarantine
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
header From a@sender.test
header MIME-Version 1.0
header Content-Type application/octet-stream; name="run.exe"
header Content-Disposition attachment; filename="run.exe"
eoh
body text\r\n
eom
expect continue
action ^quarantine hopward: blocked rule=mx\.blocked ref=[0-9A-Z]+$
no-action @
quit
eof
