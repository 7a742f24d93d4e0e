# quit in the middle of a body: no record, and nothing stays; the next connection is served.
#records 1
repeat 5
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
header Subject never whole
eoh
body-fill 300000
quit
eof
end
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
header Subject whole
eoh
body-fill 300000
eom
expect continue
quit
eof
