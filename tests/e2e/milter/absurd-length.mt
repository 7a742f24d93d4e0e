# Frames of absurd sizes: the filter hangs up on them, and serves the next.
#records 1
# length 0: not even a command is part of it
open
raw 00000000 4f
eof
# 4 GB, and just below 2 GB, announced
open
frame 0xffffffff O
eof
open
negotiate
frame 0x7fffffff L Subject
eof
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
# libmilter reads the length as a negative number, so as none, and what follows as the next frame
frame 0xfffffff0 B text+
eof
# a negotiation that is too short, and octets that are no protocol
open
raw 00000005 4f 00000006
eof
open
raw 474554202f20485454502f312e310d0a0d0a
eof
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
header Subject after all that
eoh
eom
expect continue
quit
eof
