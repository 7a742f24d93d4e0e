# Not one macro: TLS stays unknown (never "none"), the class mx, and all is recorded.
#records 1
#each outcome clean
#each class mx
#each hops.0.tls unknown
#each hops.0.reason not-offered
open
negotiate
connect client.sender.test 192.0.2.1 4711
helo client.sender.test
mail <a@sender.test>
rcpt <b@example.test>
data
header From a@sender.test
eoh
body text\r\n
eom
expect continue
action X-Virus-Status: Clean
no-action x-tls=(none|pass)
quit
eof
