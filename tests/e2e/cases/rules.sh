# Rules: an allowed program, an encrypted archive with a program in it, a program under another name, and two recipients.
. "$(dirname "$0")/../lib.sh"
write_conf 'actions: { default: { blocked = "reject"; }; };
rules = (
	{ name = "tools"; when = { sender = [ "example.org" ]; recipient = [ "bob@example.test" ]; extension = [ "com" ]; }; action = "accept"; },
	{ name = "locked-programs"; when = { encrypted = true; extension = [ "scr" ]; }; action = "quarantine"; },
	{ name = "pages"; when = { extension = [ "html" ]; }; action = "watch:reject"; }
);'
start_hopward
start_mta
FROM=alice@example.org
printf 'MZ%0500d' 0 >"$T/in/program"
printf '<html><body>hello</body></html>\n' >"$T/in/page"
printf 'a letter\n' >"$T/in/letter"

compose "$T/in/a" "$T/in/program" tool.com. application/octet-stream
TO=bob@example.test
send a "$T/in/a"
like "allowed for bob" "$REPLY" '^250 '
equal "its rule" "$(last rule)" rule.tools
equal "its outcome" "$(last outcome)" clean
check "delivered" wait_for 20 delivered 1
equal "X-Virus-Status" "$(header "$(inbox)" X-Virus-Status)" Clean

TO=bob@example.test,carol@example.test
send a "$T/in/a"
like "not for carol, so for none" "$REPLY" '^550 5\.7\.1 '
equal "bob's own" "$(last recipients.0.action)" accept
equal "carol's own" "$(last recipients.1.action)" reject
equal "carol's rule" "$(last recipients.1.rule)" mx.blocked

TO=bob@example.test
compose "$T/in/b" "$T/in/program" invoice.pdf application/pdf
send b "$T/in/b"
like "a program under another name" "$REPLY" '^550 5\.7\.1 '
equal "its detail" "$(last detail)" "a program under another name"

compose "$T/in/c" "$T/in/page" page.HTML text/html
send c "$T/in/c"
like "watched" "$REPLY" '^250 '
equal "would" "$(last would.rule)" rule.pages

zip_of "$T/in/l.zip" letter.scr -P sesame <"$T/in/letter"
compose "$T/in/d" "$T/in/l.zip" letter.zip application/zip
send d "$T/in/d"
equal "the name inside" "$(last rule)" rule.locked-programs
equal "its action" "$(last action)" quarantine
