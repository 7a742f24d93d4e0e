# hopwardctl collect: standard input, resuming, rotation by renaming and by copying, two gateways, years, the journal.
. tests/ctl/lib.sh

mkdir "$T/r" "$T/log"
CONF=$T/conf
printf 'gateway = "gw0"; records: { directory = "%s"; keys = "%s"; }; seal: { directory = "%s"; };\n' "$T/r" "$T/key" "$T/seal" >"$CONF"
LOG=$T/log/mail.log
session() { printf '%s %s postfix/smtp[%s]: Trusted TLS connection established to mx%s.example.org[192.0.2.%s]:25: %s with cipher %s (256/256 bits)\n' "$1" "$2" "$3" "$4" "$4" "${5:-TLSv1.3}" "${6:-TLS_AES_256_GCM_SHA384}"; }
sent() { printf '%s %s postfix/smtp[%s]: %s: to=<bob@example.org>, relay=mx%s.example.org[192.0.2.%s]:25, delay=2, delays=0/0/1/1, dsn=2.0.0, status=sent (250 ok)\n' "$1" "$2" "$3" "$4" "$5" "$5"; }
noise() { printf '%s gw1 postfix/qmgr[3]: removed\n' "$1"; }
# got FIELDS...: of all deliveries in the stream, "a/b" each
got() { cat "$T"/r/collect-*.jsonl 2>/dev/null | perl -MJSON::PP -ne 'BEGIN { @f = splice @ARGV } my $d = decode_json($_); next if $d->{type} ne "delivery";
    print join("/", map { my $v = $d; $v = ref $v ? $v->{$_} : undef for split /\./; $v // "-" } @f), " "' "$@"; }
collect() { run collect "$@"; }

# standard input, nothing recorded
{ noise 2026-11-23T09:00:00Z; session 2026-11-23T09:00:01Z gw1 10 1; sent 2026-11-23T09:00:02Z gw1 10 AAAAA1 1; sent 2026-11-23T09:00:05Z gw1 11 AAAAA2 2; } >"$T/in"
IN=$T/in run collect --stdout -; exits 0 "a stream"; has "gw1 AAAAA1 example.org -> mx1.example.org[192.0.2.1]:25 TLSv1.3 TLS_AES_256_GCM_SHA384 256/256 Trusted sent" "a stream"
has "AAAAA2 example.org -> mx2.example.org[192.0.2.2]:25 in clear sent" "a stream"; errs "2 deliveries: 1 under TLS, 1 in clear, 0 unknown" "a stream"
lacks bob "no local part in the table"
IN=$T/in run collect --stdout --json -; same "$(printf '%s\n' "$out" | perl -MJSON::PP -ne '$d = decode_json($_); print "$d->{queue_id} $d->{tls} "')" "AAAAA1 yes AAAAA2 no " "a stream as JSON"
[ -z "$(ls "$T/r")" ]; say $? "--stdout writes nothing"
IN=$T/in run collect --stdout --smarthost mx1.example.org -; has "(handed on under TLS, onward unknown)" "a smarthost"
IN=$T/in run collect -; exits 0 "a stream, recorded"; same "$(got queue_id tls)" "AAAAA1/yes AAAAA2/no " "a stream, recorded"
[ ! -e "$T/r/collect.state" ]; say $? "a stream leaves no state"
rm -f "$T"/r/*

# resuming: the session's line before, the delivery behind
{ noise 2026-11-23T09:00:00Z; session 2026-11-23T09:00:01Z gw1 10 1; } >"$LOG"
collect "$LOG"; exits 0 "first run"; same "$(got queue_id tls)" "" "first run"
sent 2026-11-23T09:00:02Z gw1 10 AAAAA1 1 >>"$LOG"
collect "$LOG"; same "$(got queue_id tls version source.at)" "AAAAA1/yes/TLSv1.3/$(stat -c %s "$LOG") " "a session of the first run, a delivery of the second"
collect "$LOG"; same "$(got queue_id)" "AAAAA1 " "nothing twice"
sent 2026-11-23T09:00:09Z gw1 10 AAAAA2 1 >>"$LOG"; printf '2026-11-23T09:00:10Z gw1 postfix/smtp[1' >>"$LOG"
collect "$LOG"; same "$(got queue_id tls)" "AAAAA1/yes AAAAA2/no " "that the service logs is remembered"; errs "its last line has no end" "a line without its end"
printf '0]: AAAAA3: to=<bob@example.org>, relay=mx1.example.org[192.0.2.1]:25, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (ok)\n' >>"$LOG"
collect "$LOG"; same "$(got queue_id)" "AAAAA1 AAAAA2 AAAAA3 " "a line that got its end"
# a crash before the state was saved
rm "$T/r/collect.state"; sent 2026-11-23T09:00:20Z gw1 10 AAAAA4 1 >>"$LOG"
collect "$LOG"; same "$(got queue_id)" "AAAAA1 AAAAA2 AAAAA3 AAAAA4 " "without its state: nothing twice, nothing lost"; has "3 deliveries were recorded by an earlier run" "without its state"
cp "$T/r/collect.state" "$T/old"; sent 2026-11-23T09:00:21Z gw1 10 AAAAA5 1 >>"$LOG"; collect "$LOG"
cp "$T/old" "$T/r/collect.state"; collect "$LOG"; same "$(got queue_id)" "AAAAA1 AAAAA2 AAAAA3 AAAAA4 AAAAA5 " "with an older state"
echo '{' >"$T/r/collect.state"; collect "$LOG"; exits 65 "a broken state"; errs "remove it to begin anew" "a broken state"
cp "$T/old" "$T/r/collect.state"

# rotated between runs: renamed twice, lines in each
sent 2026-11-23T09:00:30Z gw1 10 BBBBB1 1 >>"$LOG"; mv "$LOG" "$LOG.1"
{ noise 2026-11-23T09:01:00Z; sent 2026-11-23T09:01:01Z gw1 10 BBBBB2 1; } >"$LOG"; mv "$LOG.1" "$LOG.2"; mv "$LOG" "$LOG.1"; touch -d '1 minute ago' "$LOG.1"; touch -d '2 minutes ago' "$LOG.2"
{ noise 2026-11-23T09:02:00Z; sent 2026-11-23T09:02:01Z gw1 10 BBBBB3 1; } >"$LOG"
collect "$LOG"; same "$(got queue_id | grep -o 'B.*')" "BBBBB1 BBBBB2 BBBBB3 " "renamed twice"; silent "renamed twice"
# a crash after these, with the state of before them
cp "$T/old" "$T/r/collect.state"; collect "$LOG"; same "$(got queue_id | grep -o 'B.*')" "BBBBB1 BBBBB2 BBBBB3 " "renamed twice, with an older state"
# copied and cut
sent 2026-11-23T09:02:10Z gw1 10 CCCCC1 1 >>"$LOG"; cp "$LOG" "$LOG.1"; { noise 2026-11-23T09:03:00Z; sent 2026-11-23T09:03:01Z gw1 10 CCCCC2 1; } >"$LOG"
collect "$LOG"; same "$(got queue_id | grep -o 'C.*')" "CCCCC1 CCCCC2 " "copied and cut"; silent "copied and cut"
# gone
rm "$LOG.1" "$LOG.2"; { noise 2026-11-23T09:04:00Z; sent 2026-11-23T09:04:01Z gw1 10 DDDDD1 1; sent 2026-11-23T09:04:20Z gw1 10 DDDDD2 1; } >"$LOG"
collect "$LOG"; same "$(got queue_id tls reason | grep -o 'D.*')" "DDDDD1/unknown/before the log DDDDD2/no/- " "a gap"; errs "lines may be missing" "a gap"
grep -q '"event":"gap"' "$T"/r/collect-*.jsonl; say $? "a gap is recorded"
same "$(cat "$T"/r/collect-*.jsonl | perl -MJSON::PP -ne 'print decode_json($_)->{seq}, " "')" "$(seq -s ' ' "$(cat "$T"/r/collect-*.jsonl | wc -l)") " "seq without a hole"
rm -rf "$T/r" "$T/log"; mkdir "$T/r" "$T/log"

# lines that look like a delivery and cannot be read are counted and shown
{ printf 'Nov 23 20:18:01 mx1 postfix/smtp[9]: to=<b@x.test>, relay=mx.test[192.0.2.1]:25, status=sent (ok)\n'; printf 'Nov 23 20:18:01 mx2 postfix/smtp[9]: 4Fw2K1xYzz9: to=<b@x.test>, relay=mx.test[192.0.2.1]:25, delay=1, delays=0/0/0/1, tls=newlevel, dsn=2.0.0, status=sent (ok)\n'; } >"$T/strange"
IN=$T/strange run collect --stdout --json --year 2026 -; exits 65 "lines that cannot be read"; errs '2 lines should be known and cannot be read' "how many"; errs 'mx1: 1, as: Nov 23 20:18:01 mx1 postfix/smtp[9]: to=<...>' "an example"
has '"tls":"unknown","reason":"not understood"' "a level that is not known"; lacks newlevel "a level that is not known"

# following, over both kinds of rotation
"$CTL" -c "$CONF" collect --follow "$LOG" >"$T/out" 2>"$T/err" &
pid=$!
has_id() { got queue_id | grep -q "$1"; }
{ noise 2026-11-23T09:00:00Z; session 2026-11-23T09:00:01Z gw1 10 1; } >"$LOG"
sent 2026-11-23T09:00:02Z gw1 10 AAAAA1 1 >>"$LOG"; until_true has_id AAAAA1; say $? "-f waits for the file, and takes a line"
"$CTL" -c "$CONF" collect "$LOG" >"$T/out2" 2>&1; same $? 73 "a second one of the same stream"
mv "$LOG" "$LOG.1"; sent 2026-11-23T09:00:05Z gw1 10 AAAAA2 1 >>"$LOG.1"; until_true has_id AAAAA2; say $? "-f reads a renamed file as long as it is written"
sent 2026-11-23T09:00:06Z gw1 10 AAAAA3 1 >>"$LOG.1"; { noise 2026-11-23T09:01:00Z; sent 2026-11-23T09:01:01Z gw1 10 AAAAA4 1; } >"$LOG"; until_true has_id AAAAA4; say $? "-f goes on with the new one"
sent 2026-11-23T09:01:05Z gw1 10 AAAAA5 1 >>"$LOG"; cp "$LOG" "$LOG.2"; : >"$LOG"; { noise 2026-11-23T09:02:00Z; sent 2026-11-23T09:02:01Z gw1 10 AAAAA6 1; } >>"$LOG"; until_true has_id AAAAA6; say $? "-f goes on behind a cut"
until_true eval 'grep -q AAAAA6 "$T"/r/collect-*.jsonl && [ "$(perl -MJSON::PP -e "local \$/; print decode_json(<>)->{logs}[0]{at}" "$T/r/collect.state" 2>/dev/null)" = "$(stat -c %s "$LOG")" ]'; say $? "-f saves where it is while it waits"
kill -9 $pid; wait $pid 2>/dev/null
sent 2026-11-23T09:02:09Z gw1 10 AAAAA7 1 >>"$LOG"
"$CTL" -c "$CONF" collect -f "$LOG" >"$T/out" 2>"$T/err" & pid=$!
until_true has_id AAAAA7; say $? "-f after kill -9"
kill $pid; wait $pid; same $? 0 "-f ends with SIGTERM"
same "$(got queue_id tls)" "AAAAA1/yes AAAAA2/no AAAAA3/no AAAAA4/no AAAAA5/no AAAAA6/no AAAAA7/no " "-f: nothing lost, nothing twice"
err=$(cat "$T/err"); out=$(cat "$T/out"); rc=0; silent "-f"; has "1 deliveries" "-f tells what it did"
rm -rf "$T/r"; mkdir "$T/r"

# smarthosts of the configuration; grades in the sum
{ noise 2026-11-23T09:00:00Z; session 2026-11-23T09:00:01Z gw1 10 1; sent 2026-11-23T09:00:02Z gw1 10 AAAAA1 1; sent 2026-11-23T09:00:05Z gw1 11 AAAAA2 2; session 2026-11-23T09:00:06Z gw1 12 3 TLSv1.2 AES256-SHA; sent 2026-11-23T09:00:07Z gw1 12 AAAAA3 3; } >"$T/in"
IN=$T/in run -o profiles="$PWD/conf/profiles" -o smarthosts=mx1.example.org -o smarthosts=.nowhere.example collect -; exits 0 "smarthosts of the configuration"
same "$(got queue_id tls onward reason)" "AAAAA1/yes/-/- AAAAA2/no/-/- AAAAA3/yes/-/- " "the last override wins"; rm -f "$T"/r/*
cp "$CONF" "$CONF.2"; echo 'smarthosts = [ "[mx1.example.org]:25", "192.0.2.2" ];' >>"$CONF.2"
"$CTL" -c "$CONF.2" -o profiles="$PWD/conf/profiles" collect - <"$T/in" >"$T/out" 2>"$T/err"; rc=$? out=$(cat "$T/out") err=$(cat "$T/err"); exits 0 "smarthosts of the configuration"
same "$(got queue_id tls onward reason version)" "AAAAA1/yes/unknown/onward unknown/TLSv1.3 AAAAA2/no/unknown/onward unknown/- AAAAA3/yes/-/-/TLSv1.2 " "handed on under TLS, onward unknown"
has "graded by uk_gov/" "grades in the sum"; has ": recommended 1, legacy 1, none 1" "grades in the sum"; rm -f "$T"/r/*
IN=$T/in run -o profiles="$PWD/conf/profiles" collect --json -; same "$(printf '%s' "$out" | perl -MJSON::PP -e 'local $/; $d = decode_json(<STDIN>); print join " ", map { "$_ $d->{grades}{$_}" } qw(recommended legacy none)')" "recommended 1 legacy 1 none 1" "grades in the sum as JSON"; rm -f "$T"/r/*

# killed in the middle of much, again and again: at the end each delivery is there once
{ noise 2026-11-23T09:00:00Z; perl -e 'for $i (0 .. 11999) { my $t = sprintf "2026-11-23T%02d:%02d:%02dZ", 9 + $i / 3600, $i / 60 % 60, $i % 60; my $p = 10 + $i % 7;
	print "$t gw1 postfix/smtp[$p]: Trusted TLS connection established to mx1.example.org[192.0.2.1]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n" if $i % 3;
	printf "%s gw1 postfix/smtp[%d]: Q%05dX: to=<bob\@example.org>, relay=mx1.example.org[192.0.2.1]:25, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (250 ok)\n", $t, $p, $i }'; } >"$LOG"
for i in 1 2 3 4 5 6; do
	was=$(cat "$T"/r/collect-*.jsonl 2>/dev/null | wc -c)
	"$CTL" -c "$CONF" collect -f "$LOG" >/dev/null 2>&1 & pid=$!
	until_true eval '[ "$(cat "$T"/r/collect-*.jsonl 2>/dev/null | wc -c)" -gt $((was + 700000)) ]'; say $? "run $i writes"
	kill -9 $pid; wait $pid 2>/dev/null
done
n=$(grep -c '"type":"delivery"' "$T"/r/collect-*.jsonl); [ "$n" -lt 12000 ]; say $? "it was killed in the middle (got $n)"
collect "$LOG"; exits 0 "the rest"
sed -n 's/.*"queue_id":"Q\([0-9]*\)X".*"tls":"\([a-z]*\)".*/\1 \2/p' "$T"/r/collect-*.jsonl >"$T/ids"; same "$(wc -l <"$T/ids") $(sort -u "$T/ids" | wc -l)" "12000 12000" "killed six times: nothing lost, nothing twice"
same "$(awk '$1 > 0 && $2 != ($1 % 3 ? "yes" : "no")' "$T/ids" | head -3)" "" "and each with its own TLS"
rm -rf "$T/r"; mkdir "$T/r"; rm -f "$LOG"

# what journalctl -o makes of it, by standard input
for form in "Nov 23 09:00:0%d" "Nov 23 09:00:0%d.000000" "2026-11-23T09:00:0%d+00:00" "2026-11-23T09:00:0%d.000000+0000" "Mon 2026-11-23 09:00:0%d UTC" "Mon 2026-11-23 09:00:0%d.000000 UTC"; do
	at() { printf "$form" "$1"; }
	{ noise "$(at 0)"; session "$(at 1)" gw1 10 1; sent "$(at 2)" gw1 10 AAAAA1 1; } >"$T/in"
	IN=$T/in run collect --year 2026 -; exits 0 "stamps as $form"; same "$(got queue_id tls time)" "AAAAA1/yes/2026-11-23T09:00:02.000Z " "stamps as $form"; rm -f "$T"/r/*
done
printf '{"__REALTIME_TIMESTAMP":"1795424402000002","MESSAGE":"AAAAA1: to=<bob@example.org>, relay=mx1.example.org[192.0.2.1]:25, delay=2, status=sent (ok)"}\n' >"$T/in"
IN=$T/in run collect -; exits 65 "a form that is not read"; has "1 lines should be known" "a form that is not read"; rm -f "$T"/r/*

# a service that does not log: said once while it goes on, and in the sum
"$CTL" -c "$CONF" collect -f "$LOG" >"$T/out" 2>"$T/err" & pid=$!
{ noise 2026-11-23T09:00:00Z; sent 2026-11-23T09:00:02Z gw1 10 AAAAA1 1; } >"$LOG"
until_true grep -q 'postconf -e smtp_tls_loglevel=1' "$T/err"; say $? "-f says what to set"
sent 2026-11-23T09:00:05Z gw1 10 AAAAA2 1 >>"$LOG"; until_true has_id AAAAA2; kill $pid; wait $pid
same "$(grep -c postconf "$T/err") $(grep -c postconf "$T/out")" "1 1" "once while it goes on, once in the sum"
same "$(got queue_id tls reason)" "AAAAA1/unknown/not logged AAAAA2/unknown/not logged " "and they are unknown: not logged"
rm -rf "$T/r"; mkdir "$T/r"; rm -f "$LOG"

# two gateways with the same process and queue id; stamps with and without a year
{ session '2026 Nov 23 09:00:01' gw1 10 1; session '2026 Nov 23 09:00:01' gw2 10 1 TLSv1.2 AES256-SHA; sent '2026 Nov 23 09:00:02' gw2 10 AAAAA1 1; sent '2026 Nov 23 09:00:02' gw1 10 AAAAA1 1
  sent '2026 Nov 23 09:00:02' gw3 10 AAAAA1 1; } >"$T/in"
IN=$T/in run collect -; same "$(got gateway queue_id tls version)" "gw2/AAAAA1/yes/TLSv1.2 gw1/AAAAA1/yes/TLSv1.3 gw3/AAAAA1/unknown/- " "two gateways"
has "gw3 postfix/smtp: 1 deliveries and no TLS line: unknown, not logged; on that host: postconf -e smtp_tls_loglevel=1 && postfix reload" "a gateway that does not log"
rm -f "$T"/r/*
{ session 'Dec 31 23:59:58' gw1 10 1; sent 'Dec 31 23:59:59' gw1 10 AAAAA1 1; session 'Jan  1 00:00:01' gw1 10 1; sent 'Jan  1 00:00:02' gw1 10 AAAAA2 1; } >"$LOG"
touch -d '2025-01-02 00:00' "$LOG"; collect "$LOG"; same "$(got time)" "2024-12-31T23:59:59.000Z 2025-01-01T00:00:02.000Z " "a year from the file's time, and its change"
rm -f "$T"/r/*; collect --year 2019 "$LOG"; same "$(got time tls)" "2019-12-31T23:59:59.000Z/yes 2020-01-01T00:00:02.000Z/yes " "--year"
rm -f "$T"/r/*; TZ=America/New_York run collect --year 2019 "$LOG"; same "$(got time)" "2020-01-01T04:59:59.000Z 2020-01-01T05:00:02.000Z " "local time"
rm -f "$T"/r/*; { session 'Oct 27 02:59:58' gw1 10 1; sent 'Oct 27 02:00:01' gw1 10 AAAAA1 1; } >"$LOG"
TZ=Europe/Berlin run collect --year 2024 "$LOG"; same "$(got time)" "2024-10-27T01:00:01.000Z " "the hour that comes twice"
rm -f "$T"/r/*

# what should be known and cannot be read
{ noise 2026-11-23T09:00:00Z
  echo '2026-11-23T09:00:01Z gw1 postfix/smtp[1]: AAAAA1: to=<bob@example.org>, relays=later'
  echo '2026-11-23T09:00:01Z gw1 postfix/smtp[1]: Trusted TLS connection wrapped to mx1[192.0.2.1]:25'
  echo '23.11.2026 09:00:01 gw2 postfix/smtp[1]: AAAAA1: to=<bob@example.org>, relay=x, status=sent (y)'
  session 2026-11-23T09:00:01Z gw1 10 1; printf '2026-11-23T09:00:02Z gw1 postfix/smtp[10]: AAAAA1: to=<bob@example.org>, relay=mx1.example.org[192.0.2.1]:25, delay=2, delays=0/0/1/1, dsn=2.0.0, status=sent (250 '
  head -c 1200000 /dev/zero | tr '\0' x; echo ')'; head -c 3000 /dev/zero; sent 2026-11-23T09:00:05Z gw1 11 AAAAA2 1; } >"$T/in"
IN=$T/in run collect -; exits 65 "lines that cannot be read"; same "$(got queue_id tls)" "AAAAA1/yes AAAAA2/no " "lines around them"
has "3 lines should be known and cannot be read:" "they are counted"; has "gw1: 2, as: 2026-11-23T09:00:01Z gw1 postfix/smtp[1]: AAAAA1: to=<...>, relays=later" "with an example"
has "?: 1, as: 23.11.2026" "a stamp of no known form"; lacks "bob@" "no address in an example"; has "1 lines were longer than 65536 octets" "a line too long"
IN=$T/in run collect --json -; same "$(printf '%s' "$out" | perl -MJSON::PP -e 'local $/; $d = decode_json(<STDIN>); print "$d->{unreadable} $d->{tls}{yes} $d->{unreadable_hosts}[0]{host}"')" "3 1 gw1" "the sums as JSON"
rm -f "$T"/r/*

# the journal, played by a script
mkdir "$T/bin"; cat >"$T/bin/journalctl" <<-'END'
	#!/bin/sh
	printf '%s ' "$@" >"$T/args"
	cat "$T/journal"
	END
chmod +x "$T/bin/journalctl"
{ noise 2026-11-23T08:59:00.000000+0000; session 2026-11-23T09:00:01.000001+0000 gw1 10 1; sent 2026-11-23T09:00:02.000002+0000 gw1 10 AAAAA1 1; sent 2026-11-23T09:00:02.500002+0000 gw1 10 AAAAA2 2; } >"$T/journal"
PATH=$T/bin:$PATH run collect --journal; exits 0 journal; same "$(got queue_id tls)" "AAAAA1/yes AAAAA2/no " "journal"; same "$(cat "$T/args")" "-q -f --no-tail --output=short-iso-precise SYSLOG_FACILITY=2 " "journal: what is asked"
{ sent 2026-11-23T09:00:02.500002+0000 gw1 10 AAAAA3 2; sent 2026-11-23T09:00:03.000001+0000 gw1 10 AAAAA4 2; } >>"$T/journal"
PATH=$T/bin:$PATH run collect --journal; same "$(got queue_id)" "AAAAA1 AAAAA2 AAAAA3 AAAAA4 " "journal: goes on"; same "$(grep -o 'since=.*' "$T/args")" "since=@1795424402 " "journal: from the last line's second"
# a crash before the state was saved: two of one microsecond, of which one was recorded
cp "$T/r/collect.state" "$T/old"
{ sent 2026-11-23T09:00:04.000001+0000 gw1 10 AAAAA5 2; sent 2026-11-23T09:00:04.000001+0000 gw1 10 AAAAA6 2; sent 2026-11-23T09:00:04.000001+0000 gw1 10 AAAAA7 2; } >>"$T/journal"
PATH=$T/bin:$PATH run collect --journal; same "$(got queue_id source.log | grep -o 'AAAAA[567]/.*')" "AAAAA5/journal AAAAA6/journal AAAAA7/journal " "journal: its source"
f=$(ls "$T"/r/collect-*.jsonl); sed -i '/AAAAA7/,$d' "$f"; cp "$T/old" "$T/r/collect.state"
PATH=$T/bin:$PATH run collect --journal; same "$(got queue_id)" "AAAAA1 AAAAA2 AAAAA3 AAAAA4 AAAAA5 AAAAA6 AAAAA7 " "journal, with an older state: nothing lost, nothing twice"
rm "$T/r/collect.state"; sent 2026-11-23T09:00:05.000001+0000 gw1 10 AAAAA8 2 >>"$T/journal"
PATH=$T/bin:$PATH run collect --journal; same "$(got queue_id)" "AAAAA1 AAAAA2 AAAAA3 AAAAA4 AAAAA5 AAAAA6 AAAAA7 AAAAA8 " "journal, without its state"
echo 'exit 3' >>"$T/bin/journalctl"; PATH=$T/bin:$PATH run collect --journal; exits 69 "journalctl fails"
(PATH=$T; "$CTL" -c "$CONF" collect --journal >/dev/null 2>"$T/err"); same $? 69 "no journalctl"; err=$(cat "$T/err"); errs "journalctl: No such file" "no journalctl"

# the unit that is shipped
if command -v systemd-analyze >/dev/null; then
	sed "s,/usr/local/bin/hopwardctl,$CTL," contrib/systemd/hopward-collect.service >"$T/hopward-collect.service"
	out=$(systemd-analyze verify --man=no "$T/hopward-collect.service" 2>&1); rc=$?
	exits 0 "systemd-analyze verify"; same "$(printf '%s\n' "$out" | grep hopward-collect)" "" "systemd-analyze verify: nothing is said"
fi

# usage
run collect; exits 64 "no log"
run collect a b; exits 64 "two logs"
run collect -f -; exits 64 "following standard input"
run collect --journal x; exits 64 "journal and a file"
run collect --year 12 -; exits 64 "no year"
run collect "$T/none"; exits 66 "a log that is not there"
cp "$T/in" "$T/x.log.gz"; run collect "$T/x.log.gz"; exits 66 "a compressed log"; errs "zcat" "a compressed log"
mkfifo "$T/fifo"
out= err=; timeout -k 1 10 "$CTL" -c "$CONF" collect "$T/fifo" >"$T/out" 2>"$T/err"; rc=$? err=$(cat "$T/err")
exits 66 "a FIFO by its name"; errs "collect - <FILE" "a FIFO by its name"
run -o records.directory="$T/nix" collect -; exits 73 "no directory for the records"
echo done
