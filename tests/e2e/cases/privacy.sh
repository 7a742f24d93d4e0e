# Local parts, subject, text and the names of clean files appear nowhere in what hopward writes.
. "$(dirname "$0")/../lib.sh"
start_hopward -v
start_mta
printf 'words of planted-body' >"$T/in/f"
eicar >"$T/in/e"
FROM=planted-sender@sender.test TO=planted-recipient@example.test SUBJECT='planted-subject' BODY='planted-text' \
    compose "$T/in/a" "$T/in/f" planted-name.txt text/plain
FROM=planted-sender@sender.test TO=planted-recipient@example.test SUBJECT='planted-subject' BODY='planted-text' \
    compose "$T/in/b" "$T/in/e" found.com application/octet-stream "$T/in/f" planted-name.txt text/plain
FROM=planted-sender@sender.test TO=planted-recipient@example.test send a "$T/in/a"
like "clean" "$REPLY" '^250 '
FROM=planted-sender@sender.test TO=planted-recipient@example.test send b "$T/in/b"
like "infected" "$REPLY" '^550 '
unlike "reply" "$REPLY" 'planted'
equal "records" "$(record_count)" 2
ctl log >"$T/log/ctl-log" 2>&1
ctl log --json >"$T/log/ctl-log-json" 2>&1
ctl status >"$T/log/ctl-status" 2>&1
ctl status --json >>"$T/log/ctl-status" 2>&1
check "hopwardctl log shows something" [ -s "$T/log/ctl-log" ]
check_not "nothing planted is written" grep -r -i planted "$T/records" "$T/log/hopward" "$T/log/ctl-log" "$T/log/ctl-log-json" "$T/log/ctl-status"
like "pseudonym" "$(last from.local)" '^p:[0-9a-f]{32}$'
equal "the same for the same person" "$(nth 1 to.0.local)" "$(nth 2 to.0.local)"
like "the name with the finding" "$(last parts)" 'found\.com'
equal "mode of the records" "$(stat -c %a "$T"/records/mail-*.jsonl)" 640
equal "mode of the keys" "$(stat -c %a "$T"/key/pseudonyms "$T"/key/pseudonyms/*.key | sort -u | tr "\n" " ")" "400 700 "
check "a key for each side" [ "$(ls "$T/key/pseudonyms" | sed "s/.*-//" | sort -u | tr "\n" " ")" = "from.key to.key " ]
# what looks for leaks at the end of each case must be able to find one
for f in run/left-behind records/x.jsonl log/hopward-2; do
	echo 'mail of Bob' >"$T/$f"
	like "a leak in $f is seen" "$(leaks)" "$f:mail of Bob"
	rm "$T/$f"
done
printf '<** 550 5.7.1 no mail of planted-sender@sender.test\r\n' >"$T/log/x.smtp"
like "a leak in a reply is seen" "$(leaks)" 'x\.smtp:550 5\.7\.1 no mail'
rm "$T/log/x.smtp"
