# hopwardctl log: the table, filters, bad lines, following, the terminal's width.
. tests/ctl/lib.sh

mkdir "$T/r"
# record DAY TIME ID FROM TO TLS OUTCOME ACTION CLASS [MORE]
record() {
	printf '{"seq":1,"stream":"mail","salt":"00","leaf":"11","v":1,"type":"message","id":"I%s","time":"%sT%sZ","gateway":"gw","queue_id":"%s",' "$3" "$1" "$2" "$3"
	printf '"class":"%s","client":{"ip":"192.0.2.1"},"from":{"domain":"%s","local":"p:00"},"to":[' "$9" "$4"
	printf '%s' "$5" | tr ' ' '\n' | awk '{ printf "%s{\"domain\":\"%s\",\"local\":\"p:11\"}", (NR > 1 ? "," : ""), $0 }'
	printf '],"rcpts":1,"size":100,"hops":[{"evidence":"observed","tls":"%s","macros":{},"offered":[]}],"boundary":0,' "$6"
	printf '"outcome":"%s","action":"%s","rule":"%s.%s"%s}\n' "$7" "$8" "$9" "$7" "${10:-}"
}
event() { printf '{"seq":2,"stream":"mail","v":1,"type":"event","id":"E","time":"%sT%sZ","gateway":"gw","event":"%s","data":{"version":"0.1.0","pid":"7"}}\n' "$1" "$2" "$3"; }
{
	event 2026-11-20 08:00:00.000 start
	record 2026-11-20 09:00:00.123 4Aaa one.example 'two.example three.example' yes clean accept mx
	record 2026-11-20 23:30:00.000 4Abb sub.one.example two.example no infected reject mx ',"signature":"Eicar-Test"'
} >"$T/r/mail-2026-11-20.jsonl"
{
	record 2026-11-21 00:10:00.000 4Bcc '' local.example unknown encrypted tag local
	record 2026-11-21 12:00:00.000 4Bdd two.example one.example yes blocked accept submission ',"would":{"action":"reject","rule":"submission.blocked"}'
} >"$T/r/mail-2026-11-21.jsonl"
record 2026-11-22 12:00:00.000 4Cee none-one.example four.example yes pua quarantine relay >"$T/r/mail-2026-11-22.jsonl"
echo 'not a record' >"$T/r/other-2026-11-22.jsonl"
lines() { same "$(printf '%s' "$out" | grep -c .)" "$1" "$2: lines"; }
ids() { same "$(printf '%s\n' "$out" | grep -oE '\b4[A-C][a-e]{2}\b' | tr '\n' ' ')" "$1" "$2"; }
log() { run log "$@" "$T/r"; }

log; exits 0 all; silent all; lines 7 all; ids "4Aaa 4Abb 4Bcc 4Bdd 4Cee " "all, oldest first"
has "2026-11-20 08:00:00 -- start version=0.1.0 pid=7" "an event"
has "2026-11-20 09:00:00 4Aaa         mx         one.example -> two.example,three.example" "a row"
has "<> -> local.example" "the null sender"
has "(would reject)" "a watched rule"
run -o records.directory="$T/r" log; exits 0 "the configuration's directory"; ids "4Aaa 4Abb 4Bcc 4Bdd 4Cee " "the configuration's directory"
run log "$T/r/mail-2026-11-21.jsonl"; ids "4Bcc 4Bdd " "one file"
IN=$T/r/mail-2026-11-22.jsonl run log -; ids "4Cee " "standard input"
run log --json "$T/r"; same "$out" "$(cat "$T"/r/mail-*.jsonl)" "json is the lines, octet by octet"

# filters
log --since 2026-11-21; ids "4Bcc 4Bdd 4Cee " "--since a day"; lacks "-- start" "--since a day"
log --until 2026-11-20; ids "4Aaa 4Abb " "--until a day takes all of it"; has "-- start" "--until a day"
log --since 2026-11-20T23:30:00Z --until 2026-11-21T01:10:00+01:00; ids "4Abb 4Bcc " "RFC 3339"
log --since '2026-11-20 23:30:01'; ids "4Bcc 4Bdd 4Cee " "a second"
log --until '2026-11-20 23:30'; ids "4Aaa 4Abb " "a minute takes all of it"
TZ=Asia/Tokyo run log --since 2026-11-21 --until 2026-11-21 "$T/r"; ids "4Abb 4Bcc 4Bdd " "a day is local"; has "2026-11-21 08:30:00 4Abb" "times are local"
log --since 2h; ids "" "an age, after all of them"
now=$(date -u +%FT%T.000)
record "${now%T*}" "${now#*T}" 4Aaa a.example b.example yes clean accept mx >"$T/now.jsonl"
run log --since 1h "$T/now.jsonl"; ids "4Aaa " "an age"
run log --since today "$T/now.jsonl" "$T/r"; ids "4Aaa " "today"
log --since noon; exits 64 "no time"; errs "noon" "no time"
log --since 2026-02-30; exits 64 "no such day"
log --since 2026-11-22 --until 2026-11-21; exits 64 "until before since"
log --queue-id 4Bdd; ids "4Bdd " "--queue-id"; lacks "-- start" "events with a message's filter"
log --queue-id '4Bd"'; ids "" "a queue id with a quote"
log --domain one.example; ids "4Aaa 4Abb 4Bdd " "--domain, sender, recipient, subdomain"
log --domain ONE.Example; ids "4Aaa 4Abb 4Bdd " "--domain in capitals"
log --domain sub.one.example; ids "4Abb " "--domain of a subdomain"
log --domain three.example; ids "4Aaa " "--domain of a second recipient"
log --domain bob@one.example; exits 64 "--domain with an address"; errs 'ask for "one.example"' "--domain with an address"
log --outcome infected --outcome pua; ids "4Abb 4Cee " "--outcome twice"
log --outcome infectd; exits 64 "--outcome with a slip"; errs 'did you mean "infected"?' "--outcome with a slip"
log --action reject; ids "4Abb " "--action"
log --class local; ids "4Bcc " "--class"
log --tls no; ids "4Abb " "--tls no"
log --tls unknown --tls no; ids "4Abb 4Bcc " "--tls twice"
log --tls yes --domain two.example --outcome clean; ids "4Aaa " "all filters must hold"
log --limit 2; ids "4Bdd 4Cee " "--limit takes the last"
log --limit 100; ids "4Aaa 4Abb 4Bcc 4Bdd 4Cee " "--limit beyond"
log --limit 1 --outcome clean; ids "4Aaa " "--limit with a filter"
run log --limit 1 --json "$T/r"; same "$out" "$(cat "$T/r/mail-2026-11-22.jsonl")" "--limit with --json"
log --limit 0; exits 64 "--limit 0"; log --limit 2x; exits 64 "--limit 2x"

# what cannot be read
{
	record 2026-11-23 01:00:00.000 4Aaa a.example b.example yes clean accept mx
	echo '{"type":"message","time":'
	echo
	echo '["type"]'
	echo '{"type":"message","time":"yesterday"}'
	printf '{"v":1,"type":"later","time":"2026-11-23T00:00:00Z"}\n'
	printf '{"type":"message","time":"2026-11-23T02:00:00Z","queue_id":4,"to":"x","hops":7,"from":[],"would":3}\n'
	head -c 1200000 /dev/zero | tr '\0' x; echo
	record 2026-11-23 03:00:00.000 4Abb "$(printf 'e\\u001b[31mvil.example\\u202e')" b.example yes clean accept mx
	record 2026-11-23 04:00:00.000 4Bcc a.example b.example yes clean accept mx | head -c 100
} >"$T/bad.jsonl"
run log "$T/bad.jsonl"; exits 65 "bad lines"; ids "4Aaa 4Abb " "lines around bad ones"
errs "bad.jsonl:2:" "a cut object"; errs "bad.jsonl:4: no record" "an array"; errs "bad.jsonl:5: no record" "no time"
errs "bad.jsonl:8: longer than" "a line too long"; errs "bad.jsonl:10: the line has no end" "a torn line"
same "$(printf '%s\n' "$err" | wc -l)" 5 "nothing else is called bad"
lacks "$(printf '\033')" "an escape sequence in a domain"; has 'e?[31mvil.example?' "an escape sequence in a domain"
run log "$T/nix.jsonl" "$T/r"; exits 66 "a missing file"; ids "4Aaa 4Abb 4Bcc 4Bdd 4Cee " "files after a missing one"
run log "$T/nix"; exits 66 "only a missing file"; same "$out" "" "only a missing file: no heading"
zstd -q "$T/now.jsonl" -o "$T/x.jsonl.zst"; run log "$T/x.jsonl.zst"; exits 0 "a compressed file"; want=$out
run log "$T/now.jsonl"; same "$want" "$out" "compressed and plain"; IN=$T/x.jsonl.zst run log -; same "$want" "$out" "compressed, on standard input"
truncate -s -5 "$T/x.jsonl.zst"; run log "$T/x.jsonl.zst"; exits 66 "a cut compressed file"; errs "x.jsonl.zst: cut: it ends within" "a cut compressed file"
cp "$T/now.jsonl" "$T/y.jsonl.zst"; run log "$T/y.jsonl.zst"; exits 0 "a plain file whatever its name"; rm -f "$T"/[xy].jsonl.zst
run log "$T/r"; want=$out; cp -r "$T/r" "$T/z"; files=("$T"/z/mail-*.jsonl); zstd -q --rm "${files[0]}"; zstd -qk "${files[1]}"
run log "$T/z"; same "$out" "$want" "a directory with a compressed day, and one that is there twice"; rm -r "$T/z"
head -c 100000 /dev/urandom >"$T/noise"; run log "$T/noise"; exits 65 "noise"

# widths
for w in 80 100 110 120 160; do
	on_terminal $w "NO_COLOR=1 $CTL -c /dev/null log $T/r"
	max=$(grep -v '^Script' "$T/tty" | tr -d '\r' | perl -CS -ne 'chomp; $m = length if length > ($m // 0); END { print $m }')
	out=$(cat "$T/tty") rc=0
	[ "$max" -le $w ]; say $? "no row is wider than $w (got $max)"
	has "4Bdd" "$w columns"
done
on_terminal 80 "$CTL log $T/r"; out=$(tr -d '\r' <"$T/tty"); has "$(printf '\033[1m2026-11-21\033[0m')" "a line for each day at 80 columns"
on_terminal 80 "NO_COLOR=1 $CTL log --limit 2 $T/r"; out=$(tr -d '\r' <"$T/tty"); lacks "2026-11-20" "--limit: no line for a day without rows"
has "accept (reject)" "a watched rule at 80 columns"

# following
"$CTL" -c /dev/null log -f "$T/r" >"$T/follow" 2>"$T/err" &
pid=$!
until_true grep -q 4Cee "$T/follow"; say $? "-f begins with what is there"
record 2026-11-22 13:00:00.000 4Aaa a.example b.example yes clean accept mx >>"$T/r/mail-2026-11-22.jsonl"
until_true grep -q 4Aaa "$T/follow"; say $? "-f shows a new line"
line=$(record 2026-11-22 13:30:00.000 4Abb a.example b.example yes clean accept mx)
printf %s "${line:0:50}" >>"$T/r/mail-2026-11-22.jsonl"
printf '%s\n' "${line:50}" >>"$T/r/mail-2026-11-22.jsonl"
until_true grep -q 4Abb "$T/follow"; say $? "-f waits for the end of a line"
record 2026-11-22 23:59:59.000 4Bcc a.example b.example yes clean accept mx >>"$T/r/mail-2026-11-22.jsonl"
record 2026-11-23 00:00:01.000 4Bdd a.example b.example yes clean accept mx >"$T/r/mail-2026-11-23.jsonl"
until_true grep -q 4Bdd "$T/follow"; say $? "-f follows over the change of day"
out=$(cat "$T/follow"); rc=0 err=$(cat "$T/err"); ids "4Cee 4Aaa 4Abb 4Bcc 4Bdd " "nothing lost, nothing twice"; silent "-f"
# a torn tail, cut off by the daemon's next start
size=$(stat -c %s "$T/r/mail-2026-11-23.jsonl")
printf '{"torn' >>"$T/r/mail-2026-11-23.jsonl"
truncate -s "$size" "$T/r/mail-2026-11-23.jsonl"
record 2026-11-23 00:00:02.000 4Cee a.example b.example no clean accept mx >>"$T/r/mail-2026-11-23.jsonl"
until_true eval '[ $(grep -c 4Cee "$T/follow") = 2 ]'; say $? "-f goes on behind a torn tail that was cut"
err=$(cat "$T/err"); silent "-f after a torn tail"
kill "$pid"; wait "$pid" 2>/dev/null
mkdir "$T/new"
"$CTL" -c /dev/null log -f --json --tls no "$T/new" >"$T/follow" 2>"$T/err" &
pid=$!
record 2026-11-23 00:00:01.000 4Aaa a.example b.example yes clean accept mx >"$T/new/mail-2026-11-23.jsonl"
record 2026-11-23 00:00:02.000 4Abb a.example b.example no clean accept mx >>"$T/new/mail-2026-11-23.jsonl"
until_true grep -q 4Abb "$T/follow"; say $? "-f waits for the first file"
out=$(cat "$T/follow"); lines 1 "-f with a filter"
kill "$pid"; wait "$pid" 2>/dev/null
# its reader goes: it ends by itself
{ "$CTL" -c /dev/null log -f "$T/r"; echo $? >"$T/code"; } | head -1 >/dev/null
until_true test -s "$T/code"; say $? "-f ends when nobody reads"
log -f -; exits 64 "-f of standard input and more"
run log -f -; exits 64 "-f of standard input"

# deliveries: the other stream, merged by time
# delivery TIME ID TO RELAY TLS STATUS [MORE]
delivery() {
	printf '{"seq":1,"stream":"collect","salt":"00","leaf":"11","v":1,"type":"delivery","id":"D%s","time":"%sZ","gateway":"gw","service":"postfix/smtp","queue_id":"%s",' "$2" "$1" "$2"
	printf '"to":[{"domain":"%s","local":"p:11"}],"rcpts":1,"relay":{"host":"%s","ip":"192.0.2.9","port":"25"},"tls":"%s"%s,"dsn":"2.0.0","status":"%s"}\n' "$3" "$4" "$5" "${7:-}" "$6"
}
mkdir "$T/d"
strong=',"known_by":"session","version":"TLSv1.3","cipher":"TLS_AES_256_GCM_SHA384"' weak=',"known_by":"session","version":"TLSv1","cipher":"RC4-MD5"'
record 2026-11-20 09:00:00.000 4Aaa one.example two.example yes clean accept mx >"$T/d/mail-2026-11-20.jsonl"
record 2026-11-20 09:00:04.000 4Bbb one.example two.example no clean accept mx >>"$T/d/mail-2026-11-20.jsonl"
record 2026-11-22 09:00:00.000 4Cee one.example two.example yes clean accept mx >"$T/d/mail-2026-11-22.jsonl"
{ delivery 2026-11-20T09:00:02.000 4Aaa two.example mx.two.example yes sent "$strong"; delivery 2026-11-20T09:00:06.000 4Bbb two.example mx.two.example no sent ',"known_by":"absence"'; } >"$T/d/collect-2026-11-20.jsonl"
{ delivery 2026-11-21T09:00:00.000 4Abb two.example mx.two.example yes deferred "$weak"; delivery 2026-11-21T09:00:01.000 4Acc three.example none unknown deferred ',"reason":"no connection"'; } >"$T/d/collect-2026-11-21.jsonl"
dlog() { run -o profiles="$PWD/conf/profiles" log "$@" "$T/d"; }
dlog; exits 0 deliveries; silent deliveries; ids "4Aaa 4Aaa 4Bbb 4Bbb 4Abb 4Acc 4Cee " "both streams, by time"
has "two.example via mx.two.example" "a delivery's route"; has "TLSv1.3 TLS_AES_256_GCM_SHA384" "a delivery's TLS"; has "recommended sent" "a delivery's grade"
has "no connection" "why it is unknown"
run log --json "$T/d"; same "$out" "$(sed -n 1p "$T/d/mail-2026-11-20.jsonl"; sed -n 1p "$T/d/collect-2026-11-20.jsonl"; sed -n 2p "$T/d/mail-2026-11-20.jsonl"; sed -n 2p "$T/d/collect-2026-11-20.jsonl"; cat "$T/d/collect-2026-11-21.jsonl" "$T/d/mail-2026-11-22.jsonl")" "json is the lines, by time"
dlog --type message; ids "4Aaa 4Bbb 4Cee " "--type message"
dlog --type delivery; ids "4Aaa 4Bbb 4Abb 4Acc " "--type delivery"
dlog --type delivery --type message --limit 2; ids "4Acc 4Cee " "--type twice, --limit over both"
dlog --type mail; exits 64 "--type with a slip"
dlog --status deferred; ids "4Abb 4Acc " "--status"
dlog --status sent --outcome clean; exits 64 "--status with --outcome"; errs "of deliveries" "--status with --outcome"
dlog --outcome clean; ids "4Aaa 4Bbb 4Cee " "--outcome is of messages"
dlog --tls no; ids "4Bbb 4Bbb " "--tls of both"
dlog --queue-id 4Aaa; ids "4Aaa 4Aaa " "--queue-id of both"
dlog --domain three.example; ids "4Acc " "--domain of a delivery"
dlog --grade forbidden; ids "4Abb " "--grade of a delivery"; dlog --grade none --type delivery; ids "4Bbb " "--grade none"
run -o profile= log --grade recommended "$T/d"; ids "" "no profile: no grade"
dlog --since 2026-11-21; ids "4Abb 4Acc 4Cee " "--since over both"
event 2026-11-21 08:00:00.000 gap | sed 's/"stream":"mail"/"stream":"collect"/' >"$T/ev.jsonl"; run log "$T/ev.jsonl"; has "-- collect gap" "an event of collect"
for w in 80 120 130; do
	on_terminal $w "NO_COLOR=1 $CTL -c /dev/null -o profiles=$PWD/conf/profiles log $T/d"
	out=$(tr -d '\r' <"$T/tty") rc=0
	same "$(printf '%s\n' "$out" | grep -v '^Script' | awk -v w=$w 'length > w')" "" "deliveries fit $w columns"; has "sent" "deliveries at $w columns"
done
has "forbidden" "the grade at 130 columns"
"$CTL" -c /dev/null log -f --since 2026-11-01 "$T/d" >"$T/follow" 2>"$T/err" &
pid=$!
until_true grep -q 4Cee "$T/follow"; say $? "-f --since of both streams"
record 2026-11-22 09:00:01.000 4Aaa one.example two.example yes clean accept mx >>"$T/d/mail-2026-11-22.jsonl"
until_true eval '[ $(grep -c 4Aaa "$T/follow") = 3 ]'; say $? "-f of both: a message"
delivery 2026-11-21T09:00:02.000 4Bdd two.example mx.two.example yes sent >>"$T/d/collect-2026-11-21.jsonl"
until_true grep -q 4Bdd "$T/follow"; say $? "-f of both: a delivery"
delivery 2026-11-22T09:00:02.000 4Abb two.example mx.two.example yes sent >"$T/d/collect-2026-11-22.jsonl"
until_true eval '[ $(grep -c 4Abb "$T/follow") = 2 ]'; say $? "-f of both: the next day of one"
out=$(cat "$T/follow"); err=$(cat "$T/err"); ids "4Aaa 4Aaa 4Bbb 4Bbb 4Abb 4Acc 4Cee 4Aaa 4Bdd 4Abb " "-f of both: nothing lost, nothing twice"; silent "-f of both"
kill "$pid"; wait "$pid" 2>/dev/null

# linear, in constant memory: 30,000 lines under a limit of address space that they would not fit into as trees
record 2026-11-22 12:00:00.000 4Cee one.example four.example yes pua quarantine relay >"$T/line"
perl -e 'open F, "<", $ARGV[0]; $l = <F>; print $l x 30000' "$T/line" >"$T/big.jsonl"
(ulimit -v 60000; "$CTL" -c /dev/null log --json --outcome pua "$T/big.jsonl" 2>"$T/err") >"$T/bigout"; rc=$? out='' err=$(cat "$T/err")
[ "$B" != "${B%-san}" ] ||	# a sanitizer wants terabytes of it
    { exits 0 "30,000 lines in 60 MB"; cmp -s "$T/big.jsonl" "$T/bigout"; say $? "30,000 lines, the same"; }
echo done
