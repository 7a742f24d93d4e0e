# hopwardctl verify: verdicts and exit codes, files of all sorts, keys, anchors, a month, the MTA's log.
. tests/ctl/lib.sh

R=$T/r
{ read -r key; read -r anchor; } <<<"$(tests/tamper --make "$R")"
fresh() { rm -rf "$R"; tests/tamper --make "$R" >/dev/null; }
verify() { run verify "$@" "$R"; }
lines() { printf '%s\n' "$out" | grep -c "^$1"; }

# verdicts
verify; exits 0 clean; silent clean; has "nothing found; its first key is unproved" clean; has "$key" "its own key is shown"
has "by its own key, up to seq" "up to where"; has "behind    5 lines from seq" "what lies behind"; has "only an anchor shows it" "the exception is said"
has "expired   " "what expired"; has "The youngest was 2 d" "how old what expired was"; has "erased    1 lines" "what was erased"
verify --public "$key"; exits 0 "with its key"; has "mail: proved, by the first key that was given" "with its key"
printf 'kept by Ada\n%s\n' "$key" >"$T/key"; verify --public "$T/key"; has "mail: proved" "a key in a file"
verify --public "${key//[0-9]/a}"; exits 1 "another key"; has "re-sealed" "another key"; has "NOT PROVED" "another key"
verify --public nonsense; exits 64 "no key"; : >"$T/none"; verify --public "$T/none"; exits 65 "a file without a key"
verify --anchor "$anchor"; exits 0 anchor; has "1 confirmed" anchor; has "anchored  up to seq ${anchor:5:3}" anchor
printf 'Nov 23 00:00:01 gw hopward[7]: anchor: %s\n' "$anchor" >"$T/anchors"; verify --anchor "$T/anchors"; exits 0 "a syslog of anchors"; has "1 confirmed" "a syslog of anchors"
verify --anchor "mail 9999 ${anchor##* }"; exits 1 "an anchor beyond the end"; has "cut off" "an anchor beyond the end"; has "seq 9999" "an anchor beyond the end"
verify --json --public "$key"; exits 0 json
same "$(printf '%s' "$out" | jq -r '[.verdict, .behind, .first_key] | @text' 2>/dev/null || python3 -c 'import json,sys; o=json.loads(sys.argv[1]); print(json.dumps([o["verdict"], o["behind"], o["first_key"]], separators=(",", ":")))' "$out")" "[\"proved\",5,\"$key\"]" "json's verdict"
run -o records.directory="$R" verify; exits 0 "the configuration's directory"
run verify --stream collect "$R"; exits 66 "a stream that is not there"
run verify "$T/nowhere"; exits 66 "no directory"; errs "nowhere" "no directory"
run verify --month 2026-13 "$R"; exits 64 "no month"; run verify --since 2026-10-02 --until 2026-10-01 "$R"; exits 64 "until before since"

# days: plain, compressed, both
zstd -q --rm "$R"/mail-2026-10-02.jsonl; verify --public "$key"; exits 0 "a compressed day"; has "mail: proved" "a compressed day"
zstd -dq "$R"/mail-2026-10-02.jsonl.zst; verify; exits 0 "a day that is there twice"; errs "not read, since" "a day that is there twice"
rm "$R"/mail-2026-10-02.jsonl
size=$(stat -c %s "$R"/mail-2026-10-02.jsonl.zst); truncate -s $((size / 2)) "$R"/mail-2026-10-02.jsonl.zst
verify; exits 1 "a compressed day, cut"; has "unreadable" "a compressed day, cut"; has "mail-2026-10-02.jsonl.zst" "a compressed day, cut"
has "cut off" "its lines are missed"; has "mail-2026-10-03.jsonl:1" "the rest is read"
fresh
run verify "$R"/mail-2026-10-02.jsonl "$R"/mail-2026-10-03.jsonl; exits 0 "two files alone"; has "nothing proved" "two files alone"
cp "$R"/mail-2026-10-02.jsonl "$T/copy"; run verify "$T/copy"; exits 0 "a file of another name"; has "mail: " "a file of another name"
verify --month 2026-10 --public "$key"; exits 0 "a month"; has "mail: proved" "a month"
verify --since 2026-10-03 --until 2026-10-03 --public "$key"; exits 0 "a day"; has "outside the time" "a day"
n=$(grep -n '"type":"message"' "$R"/mail-2026-10-02.jsonl | head -1 | cut -d: -f1)
sed -i "${n}s/gateway/gatewax/" "$R"/mail-2026-10-02.jsonl
verify --since 2026-10-03 --until 2026-10-03 --public "$key"; exits 0 "another day's line is not looked at"
verify --since 2026-10-02 --until 2026-10-02 --public "$key"; exits 1 "a day's line altered"; has "mail-2026-10-02.jsonl:$n: seq" "a day's line altered"

# what is none of ours: named, and the rest read
fresh
F=$R/mail-2026-10-02.jsonl
{ sed -n 1,2p "$F"; head -c 10485760 /dev/zero | tr '\0' x; echo; sed -n '4,$p' "$F"; } >"$T/f" && mv "$T/f" "$F"
verify; exits 1 "a line of 10 MB"; has "altered      $F:3: seq" "a line of 10 MB"; has "longer than any line" "a line of 10 MB"; same "$(lines altered)" 1 "a line of 10 MB, alone"
fresh; { head -c 3000 /dev/urandom | tr -d '\n'; echo; } >>"$F"; verify; exits 1 "other octets"; has "added        $F:" "other octets"
fresh; echo >>"$F"; verify; exits 1 "an empty line at a file's end"; has "is empty" "an empty line at a file's end"
fresh; truncate -s -1 "$F"; verify; exits 1 "a newline gone"; has "has no end" "a newline gone"
fresh; printf '{"seq":999,"str' >>"$R/mail-2026-10-05.jsonl"; verify; exits 0 "a torn tail"; has "torn      " "a torn tail"
fresh; chmod 0 "$F"; if [ ! -r "$F" ]; then verify; [ "$rc" != 0 ]; say $? "no right to a file"; errs "$F" "no right to a file"; fi
fresh; sed -i '3d' "$F"; verify; exits 1 removed; has "removed      $F:3: seq" removed
on_terminal 80 "$CTL" -c /dev/null verify "$R"; out=$(cat "$T/tty"); has "$(printf '\033[1;31m')" "colour"
echo '{"type":"message"}' >"$T/odd"; run verify "$T/odd"; exits 1 "no records"; has "is no line of records" "no records"

# the MTA's log
fresh
stamp() { date -u -d "$1" '+%b %e %H:%M:%S'; }
python3 - "$R" "$T/mail.log" "$T/sendmail.log" <<'PY'
import glob, json, sys, time
rows = []
for f in sorted(glob.glob(sys.argv[1] + "/*.jsonl")):
	for l in open(f):
		o = json.loads(l)
		if o.get("type") == "message": rows.append((o["queue_id"], time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.strptime(o["time"][:19], "%Y-%m-%dT%H:%M:%S"))))
def postfix(out, q, t, end="qmgr"):
	out.write("%s gw postfix/smtpd[10]: %s: client=mx.example[192.0.2.7]\n" % (t, q))
	out.write("%s gw postfix/cleanup[11]: %s: message-id=<a@b>\n" % (t, q))
	if end == "qmgr": out.write("%s gw postfix/qmgr[12]: %s: from=<ada@example.org>, size=100, nrcpt=1 (queue active)\n" % (t, q))
	if end == "hold": out.write("%s gw postfix/cleanup[11]: %s: milter-hold: END-OF-MESSAGE from mx.example[192.0.2.7]: milter triggers HOLD action; from=<ada@example.org>\n" % (t, q))
	if end == "reject": out.write("%s gw postfix/cleanup[11]: %s: milter-reject: END-OF-MESSAGE from mx.example[192.0.2.7]: 5.7.1 no; from=<ada@example.org>\n" % (t, q))
with open(sys.argv[2], "w") as out:
	for i, (q, t) in enumerate(rows): postfix(out, q, t, "hold" if i % 7 == 3 else "qmgr")
	t = rows[len(rows) // 2][1]
	postfix(out, "4Lost1zz", t)
	postfix(out, "4Refusedz", t, "reject")
	postfix(out, "4Droppedz", t, "none")
	out.write("%s gw postfix/pickup[13]: 4Local1zz: uid=0 from=<root>\n%s gw postfix/qmgr[12]: 4Local1zz: from=<root@gw>, size=1, nrcpt=1 (queue active)\n" % (t, t))
	out.write("%s gw postfix/cleanup[11]: 4Bouncezz: message-id=<x@gw>\n%s gw postfix/qmgr[12]: 4Bouncezz: from=<>, size=1, nrcpt=1 (queue active)\n" % (t, t))
	q = rows[0][0]		# the same queue id, half a day later
	postfix(out, q, t[:11] + "23:59:59+00:00")
	out.write("%s gw postfix/smtpd[10]: 4Filterzz: client=localhost[127.0.0.1], orig_queue_id=%s, orig_client=mx.example[192.0.2.7]\n" % (rows[1][1], rows[1][0]))
	out.write("%s gw postfix/qmgr[12]: 4Filterzz: from=<ada@example.org>, size=100, nrcpt=1 (queue active)\n" % rows[1][1])
with open(sys.argv[3], "w") as out:
	for q, t in rows[:5]: out.write("%s gw sm-mta[10]: %s: from=<ada@example.org>, size=100, class=0, nrcpts=1, msgid=<a@b>, proto=ESMTP, daemon=MTA-v4, relay=mx.example [192.0.2.7]\n" % (t, q))
	t = rows[4][1]
	out.write("%s gw sm-mta[10]: 5Lost2zz: from=<ada@example.org>, size=100, class=0, nrcpts=1, msgid=<a@b>, proto=ESMTP, daemon=MTA-v4, relay=mx.example [192.0.2.7]\n" % t)
	out.write("%s gw sm-mta[10]: 5Refused: from=<ada@example.org>, size=100, class=0, nrcpts=1, msgid=<a@b>, proto=ESMTP, daemon=MTA-v4, relay=mx.example [192.0.2.7]\n" % t)
	out.write("%s gw sm-mta[10]: 5Refused: Milter: data, reject=550 5.7.1 no\n" % t)
	out.write("%s gw sendmail[10]: 5Submitt: from=root, size=100, class=0, nrcpts=1, msgid=<a@b>, relay=root@localhost\n" % t)
PY
verify --mta-log "$T/mail.log"; exits 1 "MTA's log"; silent "MTA's log"; same "$(lines "no record")" 3 "MTA's log: lines"
has "4Lost1zz" "let through"; has "4Local1zz" "let through, local"; has ", local" "let through, local"; has "mx.example[192.0.2.7]" "let through: from whom"
lacks "4Refusedz" "refused"; lacks "4Droppedz" "never taken"; lacks "4Bouncezz" "a bounce"; lacks "4Filterzz" "back from a filter"; lacks "ada@" "no address"
has "3 without a record" counts; has "1 by a milter" counts
grep -v -e Lost1 -e Local1 -e 23:59:59 "$T/mail.log" >"$T/good.log"; verify --mta-log "$T/good.log"; exits 0 "nothing let through"; has "0 without a record" "nothing let through"
IN=$T/good.log verify --mta-log -; exits 0 "standard input"
zstd -q "$T/mail.log" -o "$T/mail.log.zst"; verify --mta-log "$T/mail.log.zst"; exits 1 "a compressed log"
verify --mta-log "$T/sendmail.log"; exits 1 "Sendmail's log"; same "$(lines "no record")" 1 "Sendmail's log: lines"; has "5Lost2zz" "Sendmail's log"
verify --json --mta-log "$T/mail.log"; same "$(printf '%s\n' "$out" | grep -c '"finding":"no record"')" 3 "json of the MTA's log"
verify --mta-log "$T/key"; exits 65 "no log of an MTA"; verify --mta-log "$T/nolog"; exits 66 "a log that is not there"
sed 's/ gw / elsewhere /' "$T/mail.log" >"$T/other.log"; verify --mta-log "$T/other.log"; same "$(lines "no record")" 3 "one gateway goes by two names"
echo done
