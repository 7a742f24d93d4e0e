# A peer that resets its connection after each step, and while the scan runs.
#records 1
repeat 3
open
vanish
open
negotiate
vanish
open
negotiate
connect client.sender.test 192.0.2.1 4711
vanish
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
vanish
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
vanish
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
vanish
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
vanish
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
header From a@sender.test
vanish
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
header From a@sender.test
eoh
vanish
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
header From a@sender.test
eoh
body-fill 500000
vanish
end
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
header From a@sender.test
eoh
body-fill 500000
eom
expect continue
quit
eof
