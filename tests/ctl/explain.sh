# hopwardctl explain: one message's story: which records are its own, when ids come again, what is told of each step.
. tests/ctl/lib.sh

mkdir "$T/r"
CONF=$T/conf
printf 'gateway = "gw1.example.net"; profiles = "%s"; records: { directory = "%s"; };\n' "$PWD/conf/profiles" "$T/r" >"$CONF"
# message TIME ID QUEUE-ID [MORE [OUTCOME ACTION]]; MORE begins with a comma
message() {
	printf '{"seq":1,"stream":"mail","salt":"00","leaf":"11","v":1,"type":"message","id":"%s","time":"%sZ","gateway":"%s"%s,' "$2" "$1" "${GW:-gw1.example.net}" "${3:+,\"queue_id\":\"$3\"}"
	printf '"mta":"Postfix 3.7.11","class":"mx","class_why":"default","client":{"ip":"203.0.113.77","helo":"mail.one.example"},"from":{"domain":"one.example"},"to":[{"domain":"two.example"},{"domain":"two.example"},{"domain":"three.example"}],"rcpts":3,"size":15234,'
	printf '"hops":[{"evidence":"observed","tls":"yes","version":"TLSv1.3","cipher":"TLS_AES_256_GCM_SHA384","bits":"256","grade":"recommended","macros":{},"offered":["helo","mail"],"delay":2},'
	printf '{"evidence":"claimed","by":"relay.one.example","with":"ESMTP","tls":"no","grade":"none","time":"2026-11-20T08:59:58Z","from":{"ip":"198.51.100.0/24"}}],"boundary":0,"profile":"uk_gov/2022-10",'
	printf '"outcome":"%s","action":"%s","rule":"mx.%s"%s,"ms":{"receive":41,"queue":1,"scan":27}}\n' "${5:-clean}" "${6:-accept}" "${5:-clean}" "${4:-}"
}
# delivery TIME QUEUE-ID [TLS [STATUS [MORE]]]
delivery() {
	printf '{"seq":1,"stream":"collect","salt":"00","leaf":"11","v":1,"type":"delivery","id":"D%s","time":"%sZ","gateway":"%s","service":"postfix/smtp","queue_id":"%s",' "${1:8:2}${1:11:2}${1:14:2}${1:17:2}AAA" "$1" "${GW:-gw1}" "$2"
	printf '"to":[{"domain":"two.example"}],"rcpts":1,"relay":{"host":"mx.two.example","ip":"192.0.2.9","port":"25"},"tls":"%s"%s,"dsn":"2.0.0","status":"%s"}\n' "${3:-no}" "${5:-,\"known_by\":\"absence\"}" "${4:-sent}"
}
strong=',"known_by":"session","version":"TLSv1.3","cipher":"TLS_AES_256_GCM_SHA384","bits":"256","alg_bits":"256","trust":"Verified"'
weak=',"known_by":"session","version":"TLSv1.2","cipher":"AES128-SHA","bits":"128","alg_bits":"128","trust":"Untrusted"'
parts=',"signature":"Heuristics.Encrypted.Zip","mime":{"ambiguity":"soft","reasons":["BND-CASE"]},"engine":{"version":"1.4.6","db_version":27824,"signatures":1},"would":{"action":"reject","rule":"partner.two"},"parts":[{"path":"0","real_type":"CL_TYPE_MAIL","size":15360,"sha256":"00","outcome":"clean"},{"path":"2","ext":"zip","type":"application/zip","real_type":"CL_TYPE_ZIP","size":9731,"sha256":"00","outcome":"encrypted","signature":"Heuristics.Encrypted.Zip","name":"Invoice 17.ZIP"},{"path":"2/1","type":"x","size":3,"sha256":"00","outcome":"clean"}]'
parts+=',"sender":{"domain":"one.example","confirmed":"dkim"},"partners":[{"name":"two","confirmed":"dkim","state":"grade","exception":"old appliance","action":"accept","would":"reject"},{"name":"all","confirmed":"unconfirmed","state":"no-tls","grace":true,"action":"tag"}]'
day() { printf '%s' "$T/r/$1-2026-11-$2.jsonl"; }
# 8th: the id for the first time; 20th: again, and delivered over six days; gw2 has it too; a bounce has it on the 29th
{ message 2026-11-08T09:00:00.000 06AAAAAAAA08 4Aaa; } >"$(day mail 08)"
{ delivery 2026-11-08T09:00:03.000 4Aaa; } >"$(day collect 08)"
{ message 2026-11-20T08:00:00.000 06AAAAAAAA19 4Zzz; message 2026-11-20T09:00:00.417 06AAAAAAAA20 4Aaa "$parts" encrypted tag; GW=gw2 message 2026-11-20T10:00:00.000 06AAAAAAAA21 4Aaa; } >"$(day mail 20)"
{ delivery 2026-11-20T09:00:00.000 4Aaa yes deferred "$strong"; GW=gw2 delivery 2026-11-20T10:00:01.000 4Aaa yes sent "$strong"; delivery 2026-11-20T10:00:02.000 4Zzz; } >"$(day collect 20)"
{ delivery 2026-11-26T08:00:00.000 4Aaa yes sent "$weak"; delivery 2026-11-26T08:00:01.000 4Aaa unknown deferred ',"reason":"not sent"'; } >"$(day collect 26)"
{ delivery 2026-11-29T09:00:00.000 4Aaa; delivery 2026-11-29T09:00:05.000 4Aaa; } >"$(day collect 29)"
explain() { run explain "$@"; }
# member PATH: of the JSON line
member() { printf '%s\n' "$out" | perl -MJSON::PP -e 'my $o = JSON::PP->new->canonical->decode(scalar <STDIN>);
	for (split /\./, $ARGV[0]) { $o = ref $o eq "ARRAY" ? $o->[$_] : $o->{$_} } print ref $o ? JSON::PP->new->canonical->encode($o) : $o // "null"' "$1"; }
times() { printf '%s\n' "$out" | perl -MJSON::PP -ne 'my $o = decode_json($_); print $o->{message} ? $o->{message}{time} : "-", " ", (map { "$_->{time} " } @{$o->{deliveries}}), "| "'; }

# which records are whose
explain --all --json 4Aaa; exits 0 "all"; silent "all"
same "$(times)" "2026-11-08T09:00:00.000Z 2026-11-08T09:00:03.000Z | 2026-11-20T09:00:00.417Z 2026-11-20T09:00:00.000Z 2026-11-26T08:00:00.000Z 2026-11-26T08:00:01.000Z | 2026-11-20T10:00:00.000Z 2026-11-20T10:00:01.000Z | - 2026-11-29T09:00:00.000Z 2026-11-29T09:00:05.000Z | " "deliveries of the nearest earlier message of their gateway, for a week"
explain --json 4Aaa; same "$(times)" "- 2026-11-29T09:00:00.000Z 2026-11-29T09:00:05.000Z | " "the newest: deliveries alone"; same "$(member others)" 3 "others"
explain 4Aaa; exits 0 "the newest"; has "4Aaa on gw1" "the newest"; has "is not on record" "how it came is not known"; has "3 others with this queue id" "others are said"
has "2026-11-20 10:00:00 on gw2" "which others"; has "--all shows all" "how to see them"
explain --gateway gw2 --json 4Aaa; same "$(times)" "2026-11-20T10:00:00.000Z 2026-11-20T10:00:01.000Z | " "--gateway"; same "$(member others)" 0 "--gateway: no others"
explain --gateway GW1.example.NET --all --json 4Aaa; same "$(printf '%s\n' "$out" | wc -l)" 3 "--gateway by its long name"
explain --since 2026-11-20 --all --json 4Aaa; same "$(printf '%s\n' "$out" | wc -l)" 3 "--since"
rm "$(day collect 29)"
explain --newest --json 4Zzz; same "$(times)" "2026-11-20T08:00:00.000Z 2026-11-20T10:00:02.000Z | " "--newest"
explain 4Zzz; lacks other "none with this id"
explain --gateway gw1 4Aaa; exits 0 "the whole story"; silent "the whole story"

# what is told
has "4Aaa on gw1.example.net" told
has "came      2026-11-20 09:00:00, one.example -> two.example, three.example (3 recipients), 15 KB, record 06AAAAAAAA20" told
has "client    203.0.113.77, HELO mail.one.example; class mx (default); Postfix 3.7.11" told
has "sender    one.example, confirmed by dkim" told
has "route     2 hops, newest first; hop 0 is the boundary; graded by uk_gov/2022-10" told
has "[203.0.113.77]" "the route's client"; has "TLSv1.3 TLS_AES_256_GCM_SHA384  recommended  observed  2 s" "the route's hop"
has "[198.51.100.0/24]" "an earlier hop"; has "ESMTP, no TLS" "an earlier hop"
has "scan      encrypted Heuristics.Encrypted.Zip; ClamAV 1.4.6, daily 27824, 27 ms; structure ambiguous, soft: BND-CASE" told
has '2 "Invoice 17.ZIP", application/zip, really CL_TYPE_ZIP, 9.5 KB: encrypted Heuristics.Encrypted.Zip' "a part"
has 'partner   two, confirmed by dkim: grade -> accept, would reject were it not watched; excepted: old appliance' "a partner"
has 'partner   all, unconfirmed: no-tls -> tag; in the grace period' "an unconfirmed one"
has 'policy    tag by mx.encrypted; would reject by partner.two, were it not watched' told
has 'answer    2026-11-20 09:00:00 taken, and marked' told
has 'went      3 deliveries, graded by uk_gov/' told
has '2026-11-20 09:00:00 two.example via mx.two.example[192.0.2.9]:25: deferred 2.0.0; TLSv1.3 TLS_AES_256_GCM_SHA384 Verified; recommended' "a delivery"
has '2026-11-26 08:00:00 (after 5 d 22 h) two.example via mx.two.example[192.0.2.9]:25: sent 2.0.0; TLSv1.2 AES128-SHA Untrusted; legacy: no forward secrecy' "a delivery days later"
has 'deferred 2.0.0; TLS not known, not sent' "why it is not known"
same "$(printf '%s\n' "$out" | grep -nE '^  (came|route|scan|policy|answer|went)' | sed 's/ *\([0-9]*\):  \([a-z]*\).*/\2/' | tr '\n' ' ')" "came route scan policy answer went " "in its order"
explain --json --gateway gw1 4Aaa
same "$(member message.id)" 06AAAAAAAA20 "json: the record"; same "$(member deliveries.0.graded.grade)" recommended "json: a grade"
same "$(member deliveries.1.graded)" '{"grade":"legacy","profile":"uk_gov/2022-10","reason":"no forward secrecy (RSA key exchange)"}' "json: a grade's reason"
run -o profile= explain --gateway gw1 4Aaa; exits 0 "no profile"; [ "$(printf '%s\n' "$out" | grep -c '^  went      3 deliveries$')" = 1 ]; say $? "no profile: not graded"; has "sent 2.0.0; TLSv1.2 AES128-SHA Untrusted" "no profile"

# by a record's id
explain --json 06AAAAAAAA08; same "$(times)" "2026-11-08T09:00:00.000Z 2026-11-08T09:00:03.000Z | " "by the id of a message"; same "$(member others)" 2 "others of its queue id"
explain --json D26080000AAA; same "$(times)" "2026-11-20T09:00:00.417Z 2026-11-20T09:00:00.000Z 2026-11-26T08:00:00.000Z 2026-11-26T08:00:01.000Z | " "by the id of a delivery"
message 2026-11-21T09:00:00.000 06AAAAAAAA99 '' ',"reply":"550 5.7.1"' infected reject >"$(day mail 21)"
explain 06AAAAAAAA99; exits 0 "without a queue id"; has "06AAAAAAAA99 on gw1" "without a queue id"; has "answer    2026-11-21 09:00:00 refused: 550 5.7.1" "refused"; lacks went "nothing went"

# refused before any content: a recipient of a message, and all of one
{ message 2026-11-22T09:00:00.000 06AAAAAAAA30 4Bbb ',"stage":"rcpt","reply":"550 5.7.10","partners":[{"name":"p","confirmed":"network","state":"no-tls","action":"reject"}]' not-scanned reject
  message 2026-11-22T09:00:04.000 06AAAAAAAA31 4Bbb; message 2026-11-22T10:00:00.000 06AAAAAAAA32 4Bcc ',"stage":"mail","reply":"450 4.7.10"' not-scanned tempfail; } >"$(day mail 22)"
delivery 2026-11-22T09:00:05.000 4Bbb >"$(day collect 22)"
explain --json 4Bbb; same "$(member refused.id) $(member message.id) $(member others)" "06AAAAAAAA30 06AAAAAAAA31 0" "a refused recipient is of the same story"; same "$(times)" "2026-11-22T09:00:04.000Z 2026-11-22T09:00:05.000Z | " "and owns no delivery"
explain 4Bbb; has "answer    2026-11-22 09:00:00 refused at RCPT: 550 5.7.10" "a refused recipient"; has "answer    2026-11-22 09:00:04 taken" "and the message"
explain 4Bcc; has "put off at MAIL: 450 4.7.10" "refused at MAIL"; lacks "  scan " "nothing was scanned"

# nothing, and what is wrong
explain 4none; exits 1 "no such id"; errs 'no record of "4none"' "no such id"; same "$out" "" "no such id"
explain; exits 64 "no id"; explain '4A"a'; exits 64 "no queue id"; explain --since noon 4Aaa; exits 64 "no time"; explain --all --newest 4Aaa; exits 64 "all and newest"
run explain 4Aaa "$T/nix"; exits 66 "no directory"
run -o records.directory="$T/nix" explain 4Aaa; exits 66 "no records yet"; errs "no record was written yet" "no records yet"
{ printf '{"type":"message","queue_id":"4Aaa"\n'; printf '{"type":"message","time":"x","queue_id":"4Aaa","hops":7,"to":3}\n'; message 2026-11-22T09:00:00.000 06AAAAAAAA40 4Aaa; printf '{"v":1,"type":"message","id":"06AAAAAAAA41","time":"2026-11-22T09:00:01Z","gateway":"gw3","queue_id":"4Aaa","hops":7,"to":3,"parts":"x","partners":{},"from":[]}\n'; } >"$T/bad.jsonl"
run explain --all 4Aaa "$T/bad.jsonl"; exits 65 "a line that cannot be read"; errs "bad.jsonl:1:" "which"; errs "bad.jsonl:2: a record with a time that cannot be read" "of the right shape, without a time"; has "record 06AAAAAAAA40" "the others are told"; has "4Aaa on gw3" "a record of other kinds"
IN=$T/bad.jsonl run explain --json --gateway gw1 4Aaa -; same "$(member message.id)" 06AAAAAAAA40 "standard input"
{ printf '{"type":"delivery","queue_id":"4Aaa","gateway":"g"}\n{"type":"message","time":"2026-11-22T09:00:01Z","queue_id":"4Aaa"}\n{"time":"2026-11-22T09:00:01Z","queue_id":"4Aaa"}\n[{"queue_id":"4Aaa"}]\n{"type":"event","data":{"id":"4Aaa"}}\n'; } >"$T/bad.jsonl"
run explain 4Aaa "$T/bad.jsonl"; exits 65 "no record that can be told"
for why in "1: a record without a time" "2: a record without a gateway" "3: a record without a type" "4: it is no record"; do errs "bad.jsonl:$why" "what is wrong"; done
same "$(printf '%s\n' "$err" | grep -c jsonl:5)" 0 "an event may have the id where it likes"
run explain "$(head -c 5000 /dev/zero | tr '\0' x)"; exits 64 "no id"; errs "xxx...\"" "no id"; same "$((${#err} < 400))" 1 "its echo is cut"
printf '{"v":1,"type":"message","id":"06AAAAAAAA42","time":"2026-11-22T09:00:01Z","gateway":"g\\u001b[31mw","queue_id":"4Aaa","from":{"domain":"e\\u001b[31m\\u202evil"},"to":[]}\n' >"$T/evil.jsonl"
run explain 4Aaa "$T/evil.jsonl"; lacks "$(printf '\033')" "an escape sequence"; has 'e?[31m?vil' "an escape sequence"
mkdir "$T/only"; cp "$(day mail 20)" "$T/only"
run explain 4Zzz "$T/only"; has "no delivery is on record: hopwardctl collect writes them" "nobody collects"

# on a terminal
for w in 80 120; do
	on_terminal $w "NO_COLOR=1 $CTL -c $CONF explain --gateway gw1 4Aaa"; out=$(tr -d '\r' <"$T/tty") rc=0; has "sent 2.0.0" "$w columns"; lacks "$(printf '\033')" "NO_COLOR"
	same "$(printf '%s\n' "$out" | grep -v '^Script' | awk -v w=$w 'length > w')" "" "no line is wider than $w"
done
on_terminal 80 "TERM=xterm $CTL -c $CONF explain --gateway gw1 4Aaa"; out=$(tr -d '\r' <"$T/tty"); has "$(printf '\033[1m4Aaa\033[0m')" "colour"

# linear, in constant memory
message 2026-11-19T12:00:00.000 06AAAAAAAA50 4other >"$T/line"
mkdir "$T/big"; perl -e 'open F, "<", $ARGV[0]; $l = <F>; print $l x 40000' "$T/line" >"$T/big/mail-2026-11-19.jsonl"
cp "$(day mail 20)" "$(day collect 20)" "$T/big"
(ulimit -v 60000; "$CTL" -c "$CONF" explain --json 4Zzz "$T/big" 2>"$T/err") >"$T/out"; rc=$? out=$(cat "$T/out") err=$(cat "$T/err")
[ "$B" != "${B%-san}" ] || { exits 0 "40,000 lines in 60 MB"; same "$(times)" "2026-11-20T08:00:00.000Z 2026-11-20T10:00:02.000Z | " "40,000 lines in 60 MB"; }
echo done
