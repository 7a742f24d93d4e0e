# Strings without their NUL, empty ones, over-long ones: no crash, and the next connection is served.
#records 1
# a header without any NUL, with one only, and an empty packet
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
frame 8 L Subject
vanish
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
raw 0000000a 4c 5375626a656374 00 61
vanish
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
raw 00000001 4c
vanish
# mail and connect without a NUL
open
negotiate
raw 00000006 43 7878787878
vanish
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
raw 00000004 4d 3c613e
vanish
# macros without values, without names, for no step
open
negotiate
raw 00000003 44 43 6a
raw 00000002 44 43
raw 00000001 44
raw 00000006 44 5a 6a 00 78 00
vanish
# end of message before anything else
open
negotiate
raw 00000001 45
vanish
open
raw 00000001 45
vanish
open
negotiate
connect client.sender.test - 0
helo client.sender.test
mail <>
rcpt <b@example.test>
data
header X-Empty
header Subject an unknown family and the null sender
eoh
body \0\0\xff\xfe\r\r\n\n
eom
expect continue
quit
eof
