# hopwardctl scan of folders, Maildirs and mbox files; what --explain says of ambiguous mail and of rules.
. tests/ctl/lib.sh

tests/gen-database "$T/db"
chmod 755 "$T/db"
eicar="X5O!P%@AP[4\\PZX54(P^)7CC)7}"'$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'
scan() { run scan --database "$T/db" "$@"; }
plain() { printf 'Subject: x\n\nhello %s\n' "$1"; }
evil() { printf 'Subject: x\nMIME-Version: 1.0\nContent-Type: application/octet-stream; name=evil.com\nContent-Transfer-Encoding: base64\n\n'; printf %s "$eicar" | base64; }

# a folder: regular files alone, by name, at any depth
mkdir -p "$T/in/b"
plain 1 >"$T/in/c"; evil >"$T/in/b/2"; plain 3 >"$T/in/a"; plain 4 >"$T/out-of-it"
ln -s "$T/out-of-it" "$T/in/link"; ln -s "$T/in" "$T/in/b/loop"; mkfifo "$T/in/fifo"
scan "$T/in"; exits 1 folder; silent folder
same "$(printf '%s\n' "$out" | sed -n 's/^[^ ]*\/in\/\([^ ]*\):.*/\1/p' | tr '\n' ' ')" "a b/2 c " "a folder's files, by name"
has "3 messages: 2 clean, 1 infected" "totals"
scan -q "$T/in"; lacks "in/a:" quiet; has "in/b/2: infected" quiet; has "3 messages: 2 clean, 1 infected" "quiet totals"
scan --json "$T/in"; same "$(printf '%s\n' "$out" | wc -l)" 3 "one JSON object each, no totals"
scan "$T/in/a"; lacks messages "one file has no totals"
scan "$T/in/a" "$T/in/c"; exits 0 "two files"; has "2 messages: 2 clean" "two files"
scan "$T/in" "$T/nix"; exits 66 "a folder and a missing file"; has "3 messages: 2 clean, 1 infected; 1 could not be read" "a missing file in the totals"
mkdir "$T/empty"
scan "$T/empty"; exits 0 "an empty folder"; has "0 messages" "an empty folder"
if [ "$(id -u)" != 0 ]; then
	mkdir "$T/closed"; plain x >"$T/closed/x"; chmod 0 "$T/closed"
	scan "$T/closed" "$T/in/a"; exits 66 "a folder that cannot be read"; errs "Permission denied" "a folder that cannot be read"
	chmod 700 "$T/closed"
fi

# a Maildir: new and cur, those of its subfolders, nothing else
for d in . .Sent .Sent.2026; do mkdir -p "$T/md/$d/cur" "$T/md/$d/new" "$T/md/$d/tmp"; done
mkdir "$T/md/.control" "$T/md/other"
plain 1 >"$T/md/new/1"; evil >"$T/md/cur/2:2,S"; plain 3 >"$T/md/.Sent/cur/3"; plain 4 >"$T/md/.Sent.2026/new/4"
for f in tmp/5 dovecot.index .control/6 other/7 .Sent/tmp/8; do evil >"$T/md/$f"; done
scan "$T/md"; exits 1 Maildir; has "4 messages: 3 clean, 1 infected" Maildir; has "cur/2:2,S: infected" Maildir
scan "$T/md/cur"; has "1 message: 1 infected" "a folder of a Maildir"

# mbox
{ echo "From a@example.org Mon Nov 23 10:00:00 2026"; plain 1; echo; echo "From MAILER-DAEMON x"; evil; echo
  printf 'From c d\r\n'; plain 3 | sed 's/$/\r/'; printf '>From x\r\n\r\n'; echo "From e"; } >"$T/mbox"
scan --mbox "$T/mbox"; exits 1 mbox
has "mbox, message 1: clean" mbox; has "mbox, message 2: infected" mbox; has "mbox, message 4: clean" mbox; has "4 messages: 3 clean, 1 infected" mbox
scan --mbox --json "$T/mbox"; has '"message":2,"outcome":"infected"' "mbox as JSON"
# The pieces are the messages, to the octet.
got=$(printf '%s\n' "$out" | perl -MJSON::PP -ne 'print decode_json($_)->{size}, " "')
want="$(plain 1 | wc -c) $(evil | wc -c) $({ plain 3 | sed 's/$/\r/'; printf '>From x\r\n'; } | wc -c) 0 "
same "$got" "$want" "sizes of the pieces"
scan --mbox "$T/in/a"; exits 66 "no mbox"; errs "does not begin with" "no mbox"
scan --mbox "$T/in"; exits 66 "a folder as mbox"; errs "Is a directory" "a folder as mbox"
: >"$T/void"; scan --mbox "$T/void"; exits 0 "an empty mbox"; has "0 messages" "an empty mbox"
scan --mbox -; exits 64 "standard input as mbox"
scan "$T/mbox"; lacks "message 2" "an mbox without --mbox is one message"
# A line longer than what is read at once, and a "From " at its seam.
{ echo "From a"; echo "Subject: x"; echo; head -c 600000 /dev/zero | tr '\0' x; echo; echo; echo "From b"; plain 2; } >"$T/long"
scan --mbox "$T/long"; has "2 messages: 2 clean" "a long line"

# ambiguity: each token with its class and a sentence, the readings, what only one of them holds
printf 'From: a@example.org\nMIME-Version: 1.0\nContent-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/octet-stream; name=evil.com\nContent-Transfer-Encoding: base64\n\n' >"$T/dup"
printf %s "$eicar" | base64 >>"$T/dup"; echo "--b--" >>"$T/dup"
scan --explain "$T/dup"; exits 1 ambiguous
has "mime     ambiguity hard: read in" ambiguous; has "    CT-DUP (hard): Content-Type stands more than once" "a token's sentence"
lacks "X-Hopward-MIME" "a refused message gets no field"
scan --explain -o 'actions.mx.infected="tag"' "$T/dup"; has "X-Hopward-MIME: hard; views=" "the field that would be written"
scan --explain -o 'actions.mx.infected="tag"' -o headers.mime=none "$T/dup"; lacks "X-Hopward-MIME" "headers.mime = none"
has "evil.com" "the object of another reading"
scan --json "$T/dup"; has '"ambiguity":"hard","views":' "views as JSON"; has '"reasons":["CT-DUP"' "reasons as JSON"
run scan --reasons; exits 0 reasons; has "CT-DUP         hard         Content-Type" reasons
run scan --reasons --json; has '{"token":"CT-DUP","class":"hard","meaning":"' "reasons as JSON"
run scan --reasons "$T/dup"; exits 64 "--reasons and a file"

# bounds: which, and what it is set to
{ printf 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n'; for i in 1 2 3 4 5; do printf -- '--b\n\npart %s\n' $i; done; echo "--b--"; } >"$T/parts"
scan --explain -o mime.max_parts=2 "$T/parts"; exits 1 "a bound"; has "limit    mime.max_parts = 2 was reached in part 0" "a bound"

# rules: the one that decided, with its line
printf 'rules = (\n { name = "coms"; when: { extension = [ "com" ]; outcome = [ "infected" ]; }; action = "quarantine"; }\n);\n' >"$T/rules.conf"
CONF=$T/rules.conf run scan --database "$T/db" --explain "$T/in/b/2"; exits 1 "a rule"
has "-> quarantine by rule.coms" "the rule of the part"; has "rule     rule.coms (line 2 of the configuration) -> quarantine" "the rule's line"
CONF=$T/rules.conf run scan --database "$T/db" --json "$T/in/b/2"; has '"rule":"coms"' "the rule of the part as JSON"

# terminals: no line is wider, and colour is there alone
for w in 80 120; do
	on_terminal $w "$CTL -c /dev/null scan --explain --database $T/db $T/dup"
	got=$(sed 's/\x1b\[[0-9;]*[mK]//g' "$T/tty" | tr -d '\r' | grep -v "^Script\|loading\|$T" | awk -v w=$w 'length($0) > w' | head -3)
	same "$got" "" "no line wider than $w columns"
	grep -q $'\033\[1m' "$T/tty"; say $? "colour on a terminal of $w columns"
done
echo done
