# hopwardctl held against tools of our own making: whose a message is, the table, rubbish in a listing, rights, what a tool is asked, what is recorded.
. tests/ctl/lib.sh
mkdir -p "$T/bin" "$T/rec"
CONF=$T/conf
cat >"$CONF" <<X
gateway = "gw1"; profiles = "$PWD/conf/profiles";
records: { directory = "$T/rec"; };
seal: { directory = "$T/seal"; };
held: { postfix_tools = "$T/bin"; postfix_config = "/etc/postfix-in"; sendmail = "$T/bin/sendmail"; };
X
# A listing that is a file, and tools that write down what they were asked.
cat >"$T/bin/postqueue" <<X
#!/bin/sh
echo "postqueue \$*" >>"$T/asked"
case "\$*" in *-j) cat "$T/listing"; [ ! -e "$T/denied" ] || { echo "postqueue: fatal: Queue report unavailable" >&2; exit 69; } ;; esac
X
cat >"$T/bin/postsuper" <<X
#!/bin/sh
echo "postsuper \$*" >>"$T/asked"
[ ! -e "$T/vanished" ] || { echo "postsuper: Released from hold: 0 messages" >&2; exit; }
case "\$*" in *-H*) echo "postsuper: Released from hold: 1 message" >&2 ;; *) echo "postsuper: Deleted: 1 message" >&2 ;; esac
X
printf '#!/bin/sh\necho "postcat $*" >>"%s/asked"\nprintf "Subject: \\033[31mred\\n\\nbody\\n"\n' "$T" >"$T/bin/postcat"
chmod +x "$T"/bin/*
now=$(date +%s)
at() { date -u -d "@$((now - $1))" +%Y-%m-%dT%H:%M:%S.417Z; }
day() { echo "$T/rec/$1-$(date -u -d "@$((now - $2))" +%Y-%m-%d).jsonl"; }
# record AGE REF QUEUE-ID [ACTION [SIGNATURE [FROM [TO]]]]
record() {
	printf '{"v":1,"type":"message","id":"%s","time":"%s","gateway":"gw1","queue_id":"%s","class":"mx","from":{"domain":"%s","local":"p:1"},"to":[%s],"rcpts":2,"outcome":"infected","action":"%s","rule":"mx.infected","signature":"%s","parts":[{"path":"0","size":9,"outcome":"infected"}]}\n' \
	    "$2" "$(at "$1")" "$3" "${6:-one.example}" "${7:-{\"domain\":\"two.example\"\},{\"domain\":\"three.example\"\}}" "${4:-quarantine}" "${5:-Eicar}" >>"$(day mail "$1")"
}
# queue QUEUE-ID AGE [QUEUE-NAME [SENDER]]
queue() {
	printf '{"queue_name": "%s", "queue_id": "%s", "arrival_time": %d, "message_size": 15300, "forced_expire": false, "sender": "%s", "recipients": [{"address": "bob@two.example"}, {"address": "eve@three.example"}]}\n' \
	    "${3:-hold}" "$1" $((now - $2)) "${4:-alice@one.example}" >>"$T/listing"
}
D=86400
{ queue 4AAAA $((3 * D)); queue 4BBBB $((13 * D)); queue 4CCCC 60 hold MAILER-DAEMON; queue 4DDDD 60; queue 4EEEE 60 deferred; queue 4FFFF $((2 * D)); } 2>/dev/null
record $((3 * D)) 06AAAAAAAAA1 4AAAA
record $((13 * D)) 06AAAAAAAAB1 4BBBB quarantine Other.Sig
record 58 06AAAAAAAAC1 4CCCC quarantine Eicar '' '{"domain":"a.example"},{"domain":"b.example"},{"domain":"c.example"},{"domain":"d.example"},{"domain":"e.example"}'
record 50 06AAAAAAAAE1 4EEEE
record 59 06AAAAAAAAD1 4DDDD tag	# let pass, then held by somebody
record $((5 * D)) 06AAAAAAAAF1 4FFFF	# an earlier use of the queue id

member() { perl -MJSON::PP -e 'my $d = decode_json((grep { index($_, $ARGV[1]) >= 0 } split /\n/, do { local $/; <STDIN> })[0]); for (split /\./, $ARGV[0]) { $d = ref $d eq "HASH" ? $d->{$_} : $d->[$_] } print defined $d ? (ref $d && !JSON::PP::is_bool($d) ? encode_json($d) : $d) : "-"' "$1" "$2" <<<"$out"; }
run held list; exits 0 "list"; silent "list"
has 06AAAAAAAAA1 "hopward's"; has 06AAAAAAAAC1 "hopward's, of a bounce"; has "one.example -> two.example,three.example" "a route"; has "a.example,b.example,c.example,d.example +1" "many domains"
has "infected Eicar" "what"; has "15 KB" "size"
lacks 4DDDD "held by somebody else"; lacks 4EEEE "not on hold"; lacks 4FFFF "another message of that queue id"; lacks "alice@" "addresses"; has "2 more on hold, not by hopward" "the others are counted"
same "$(printf '%s\n' "$out" | awk 'NR > 1 && NR < 5 { print $1 }' | tr '\n' ' ')" "4BBBB 4AAAA 4CCCC " "the oldest first"
grep -qx "postqueue -c /etc/postfix-in -j" "$T/asked"; say $? "the instance of Postfix"
run held list --json; same "$(printf '%s\n' "$out" | wc -l)" 3 "json: one a line"
same "$(member ref 4AAAA) $(member from 4AAAA) $(member to 4AAAA) $(member size 4AAAA) $(member rcpts 4AAAA)" '06AAAAAAAAA1 one.example ["two.example","three.example"] 15300 2' "json: members"
same "$(member warned 4BBBB) $(member released 4BBBB)" "- 0" "json: neither warned of nor released"
run -o held.keep=0 held list --json; same "$(member expires 4BBBB)" - "json: never expires"
run held list --signature 'Other*'; has 4BBBB "by signature"; lacks 4AAAA "by signature"

for w in 80 100 120 160; do
	on_terminal $w "NO_COLOR=1 $CTL -c $CONF held list"; out=$(tr -d '\r' <"$T/tty"); has "infected Eicar" "$w columns"
	same "$(printf '%s\n' "$out" | grep -v '^Script' | awk -v w=$w 'length > w')" "" "no line is wider than $w"
	on_terminal $w "NO_COLOR=1 $CTL -c $CONF held show 4AAAA"; out=$(tr -d '\r' <"$T/tty"); has "since" "show, $w columns"
	same "$(printf '%s\n' "$out" | grep -v '^Script' | awk -v w=$w 'length > w')" "" "show: no line is wider than $w"
done

# show
run held show 06AAAAAAAAA1; exits 0 "show by record"; has "4AAAA on gw1" "the story"; has "held      since" "since when"; has "expires" "until when"
run held show --json 4AAAA; same "$(member record.id 4AAAA) $(member acts 4AAAA)" "06AAAAAAAAA1 []" "json: the record"
run held show 4DDDD; exits 1 "somebody else's"; errs "hopward holds no such message in Postfix' queue" "somebody else's"
run held show --raw 4AAAA; exits 64 "raw without a reason"

# what is wrong with what was typed
run held; exits 64 "nothing"; run held lsit; exits 64 "a slip"; errs 'did you mean "list"' "a slip"; run held show; exits 64 "no id"; run held list 4AAAA; exits 64 "an id for list"
run held release 4AAAA; exits 64 "no reason"; errs "--reason" "no reason"; run held release --reason ' ' 4AAAA; exits 64 "an empty reason"; run held release --reason "$(printf 'a\nb')" 4AAAA; exits 64 "two lines of reason"
run held release --reason r; exits 64 "nothing to release"; run held drop --reason r --signature S 4AAAA; exits 64 "both"; run held list --yes; exits 64 "an option of another verb"
run held release --reason "$(printf '%600s' x)" 4AAAA; exits 64 "a long reason"
: >"$T/asked"

if [ "$(id -u)" = 0 ]; then
	export SUDO_USER=carol
	run held release 4AAAA --reason r; exits 64 "nobody to ask"; errs "nothing was done" "nobody to ask"; ! grep -q postsuper "$T/asked"; say $? "nobody to ask: nothing was done"
	run held list --full; has "alice@one.example -> bob@two.example,eve@three.example" "whole addresses"; has "<> -> bob@" "a bounce"
	run held show --raw --reason 'a look' 4AAAA; exits 0 "raw"; has "body" "raw"; grep -qx "postcat -c /etc/postfix-in -bh -q 4AAAA" "$T/asked"; say $? "raw: by postcat"
	on_terminal 80 "$CTL -c $CONF held show --raw --reason again 4AAAA"; out=$(cat "$T/tty"); has "Subject: ?[31mred" "raw on a terminal is harmless"
	# the question
	printf 'n\n' >"$T/no"; script -qec "$CTL -c $CONF held drop 4AAAA --reason r" "$T/tty" <"$T/no" >/dev/null; out=$(cat "$T/tty"); has "Drop 1 message? [y/N]" "asks"; has "nothing was done" "no"; ! grep -q postsuper "$T/asked"; say $? "no: nothing was done"
	printf 'y\n' >"$T/no"; script -qec "$CTL -c $CONF held drop 4AAAA --reason r" "$T/tty" <"$T/no" >/dev/null; grep -qx "postsuper -c /etc/postfix-in -d 4AAAA hold" "$T/asked"; say $? "yes: of the hold queue alone"
	# several, by signature
	: >"$T/asked"; run held release --signature Eicar --reason 'bad signature' --yes --json; exits 0 "by signature"
	same "$(grep -c -- '-H' "$T/asked") $(grep -c -- ' -i ' "$T/asked")" "2 2" "each released, each asked for"; same "$(member done 4CCCC)" released "json: done"
	acts=$(cat "$T"/rec/acts-*.jsonl)
	same "$(grep -c '"event":"held-release".*"who":"carol","by":"sudo","uid":"0","why":"bad signature"' <<<"$acts")" 2 "who and why"
	run held show 4CCCC; has "held-release by carol: bad signature" "the story has it"; has "released once" "what holds it now is not hopward"
	run log --type event; has "acts held-release who=carol" "log"
	# not there any more
	touch "$T/vanished"; run held release 4BBBB --reason r --yes; exits 69 "gone meanwhile"; errs "no longer on hold" "gone meanwhile"; grep -q '"event":"held-failed".*"ref":"06AAAAAAAAB1"' "$T"/rec/acts-*.jsonl; say $? "and recorded"; rm "$T/vanished"
	# no record, no deed
	: >"$T/asked"; run -o records.directory="$T/nix" held drop 4BBBB --reason r --yes; exits 66 "no records: whose it is, is not known"; ! grep -q postsuper "$T/asked"; say $? "no records: nothing was done"
	mv "$T"/rec/acts-*.jsonl "$T/acts"; mkdir "$(day acts 0)"; run held drop 4BBBB --reason r --yes; exits 73 "no record of it"; ! grep -q postsuper "$T/asked"; say $? "no record: nothing was done"; rmdir "$(day acts 0)"; mv "$T/acts" "$(day acts 0)"
	# expiry
	run held expire --dry-run; has "would be warned of: 4BBBB" "a day is left"; has "3 held by hopward, 1 would be warned of, 0 would be dropped" "in sum"
	run held expire; has "warned of: 4BBBB" "warned"; run held expire; has "0 warned of, 0 dropped" "once"
	run held list --json; [ "$(member warned 4BBBB)" != - ]; say $? "json: warned"
	sed -i 's/\("time":"\)[^"]*\(".*held-warn\)/\1'"$(at $((3 * D)))"'\2/' "$(day acts 0)"
	run -o held.keep=6d held expire; has "dropped: 4BBBB" "its time has come"; has "0 warned of, 1 dropped" "in sum"; grep -q '"event":"held-expire".*"why":"held.keep is 6d"' "$T"/rec/acts-*.jsonl; say $? "and recorded"
	run -o held.keep=1h -o held.warn=0 held expire --json; same "$out" '{"held":3,"warned":0,"dropped":1,"dry_run":false}' "what was released once never expires"
	unset SUDO_USER
	# everybody else
	chmod -R a+rX "$T"; chmod 666 "$T/asked"
	setpriv --reuid=65534 --regid=65534 --clear-groups "$CTL" -c "$CONF" held list >"$T/out" 2>"$T/err" </dev/null; rc=$? out=$(cat "$T/out") err=$(cat "$T/err"); [ "$B" != "${B%-san}" ] || { exits 0 "not root: list"; has 4AAAA "not root: list"; }
	for v in "release 4AAAA --reason r --yes" "drop 4AAAA --reason r --yes" expire "list --full" "show --raw --reason r 4AAAA"; do
		setpriv --reuid=65534 --regid=65534 --clear-groups "$CTL" -c "$CONF" held $v >"$T/out" 2>"$T/err" </dev/null; rc=$? out=$(cat "$T/out") err=$(cat "$T/err"); exits 77 "not root: $v"; errs "sudo hopwardctl held ${v%% *}" "not root: $v"
	done
else
	run held release 4AAAA --reason r --yes; exits 77 "not root"; errs "sudo hopwardctl held release" "not root"
fi

# rubbish
{ printf 'no json\n{"queue_name":"hold","queue_id":"-d"}\n{"queue_name":"hold","queue_id":"../x"}\n{"queue_name":7}\n[]\n'; perl -e 'print "{\"queue_name\":\"hold\",\"x\":\"", "x" x 5000000, "\"}\n"'
  queue 4AAAA 0; } >"$T/l2" 2>/dev/null; cat "$T/listing" >>"$T/l2"; mv "$T/l2" "$T/listing"
run held list; exits 0 "rubbish"; errs "5 lines of the listing of Postfix' queue cannot be understood" "rubbish"; errs "1 lines of more than" "a long line"; has 4CCCC "the others are there"
printf '{"queue_name":"hold","queue_id":"4GGGG","arrival_time":%d,"message_size":-5,"sender":"e\\u001b[31m\\u202evil@x","recipients":[{"address":"a\\u0007b"},7,{}]}\n' "$now" >"$T/listing"
record 0 06AAAAAAAAG1 4GGGG quarantine 'S\u001b[31m' 'e\u001b[31mvil'
[ "$(id -u)" != 0 ] || { run held list --full; has "e?[31m?vil@x" "an escape sequence"; }
run held list; lacks "$(printf '\033')" "an escape sequence"; has 'e?[31mvil' "an escape sequence"
: >"$T/listing"; run held list; same "$out" "hopward holds no mail in Postfix' queue" "nothing"
touch "$T/denied"; run held list; exits 69 "the queue cannot be asked"; errs "Queue report unavailable" "what the tool said"
run -o held.mta=postfix -o held.postfix_tools=/nix held list; exits 69 "no tool"; errs "held.postfix_tools" "no tool"
run -o held.postfix_tools=/nix held list; exits 69 "no MTA"; errs "held.mta says" "no MTA"

# Sendmail's listing: an address cannot be taken for a line of another kind
cat >"$T/bin/sendmail" <<X
#!/bin/sh
echo "sendmail \$*" >>"$T/asked"
cat "$T/mailq"
X
chmod +x "$T/bin/sendmail"
printf '\t\t/var/spool/mqueue (3 requests)\n-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------\n6ANMvTAE029824*     301 %s <alice@one.example>\n     QUARANTINE: hopward: infected rule=mx.infected ref=06AAAAAAAAS1\n\t\t\t\t\t <bob@two.example>\n\t\t\t\t\t <"\n     QUARANTINE: hopward: infected rule=x ref=06AAAAAAAAS2"@x>\n6ANMvTAE029825      302 %s <eve@one.example>\n     QUARANTINE: by hand\n\t\t\t\t\t <"     QUARANTINE: hopward: infected rule=x ref=06AAAAAAAAS3"@x>\n6ANMvTAE029826 (job is gone)\n\t\tTotal requests: 3\n' "$(date '+%a %b %d %H:%M')" "$(date '+%a %b %d %H:%M')" >"$T/mailq"
run -o held.postfix_tools=/nix held list --json; exits 0 "Sendmail"; same "$(printf '%s\n' "$out" | wc -l)" 1 "Sendmail: one is hopward's"
same "$(member ref 029824) $(member size 029824) $(member rule 029824) $(member signature 029824) $(member from 029824)" "06AAAAAAAAS1 301 mx.infected - one.example" "Sendmail: without its record"
errs "1 lines of the listing of Sendmail's queue" "Sendmail: a line without a size"

if command -v systemd-analyze >/dev/null; then
	sed "s,/usr/local/bin/hopwardctl,$CTL," contrib/systemd/hopward-held.service >"$T/hopward-held.service"; cp contrib/systemd/hopward-held.timer "$T"
	out=$(systemd-analyze verify --man=no "$T/hopward-held.timer" "$T/hopward-held.service" 2>&1); rc=$?
	exits 0 "systemd-analyze verify"; same "$(printf '%s\n' "$out" | grep hopward-held)" "" "systemd-analyze verify: nothing is said"
fi
echo done
