# hopwardctl status and reload: against a stand-in for the daemon, that answers what a test wants.
. tests/ctl/lib.sh
daemons=()
trap 'kill "${daemons[@]}" 2>/dev/null' EXIT
n=0
# answer FILE: a new daemon with that answer; $sock is its socket.
answer() {
	n=$((n + 1)) sock=$T/control.$n
	perl tests/ctl/fake-daemon "$sock" "$1" &
	daemons+=($!)
	until_true listening "$sock"
}
listening() { grep -qF "$1" /proc/net/unix; }
ctl() { run -o control_socket="$sock" "$@"; }
now=$(date +%s)
# edit PERL: the good status with a change, as JSON in $T/answer.
edit() {
	perl -MJSON::PP -e 'local $/; my $s = decode_json(<STDIN>); my $now = '"$now"'; eval $ARGV[0]; die $@ if $@; print encode_json($s)' "$1" <"$T/good" >"$T/answer"
	answer "$T/answer"
}
cat >"$T/good" <<END
{"version":"0.1.0","pid":4711,"uptime_ms":10920000,"mode":"enforce","socket":"inet:10025@localhost","listening":true,
"generation":{"number":3,"pid":4712,"ready":true,"age_ms":600000,"crashes":2,"walls":"mount net","sandbox":"seccomp",
"engine":{"version":"1.4.6","db_version":27800,"db_time":$((now - 7200)),"signatures":8700000,"load_ms":12100,"huge_bytes":1288490189}},
"loading":false,"last_error":null,
"front":{"pid":4713,"connections":120,"connections_open":2,"last_connect_ms":$(((now - 12) * 1000)),"messages":1234,"in_flight":3,
"queued_small":1,"queued_large":0,"spool_bytes":2097152,"records_failed":0,"disk":{"directory":"/var/log/hopward","free":21474836480,"size":42949672960,
"records":1073741824,"day":1048576,"low":false,"oldest_ms":1795305600000,"keep_ms":15552000000,"reserve":"whole"},
"outcomes":{"clean":1200,"infected":34,"pua":0},"actions":{"accept":1200,"reject":34},
"macros":{"connect":["j","{daemon_name}"],"helo":["{tls_version}","{cipher}"],"mail":["i","{mail_addr}"],"rcpt":[],"data":["i"]},
"mta":"Postfix 3.7.11 mx.example.org"},"warnings":[]}
END

answer "$T/good"
ctl status; exits 0 good; silent good
has "hopward 0.1.0, up 3 h 2 min, pid 4711 (front 4713), mode enforce" head
has "inet:10025@localhost, listening" socket
has "ClamAV 1.4.6, 8700000 signatures, loaded in 12 s, 1.2 GB in huge pages" engine
has "daily 27800, of $(date -d @$((now - 7200)) '+%F %T') (2 h 0 min old)" signatures
has "generation 3, ready, 10 min old, 2 crashes, walls mount net seccomp" scanner
has "Postfix 3.7.11 mx.example.org, last connection" MTA; has "120 in all, 2 open" MTA
has "1 small, 0 large, spool 2.0 MB, 0 records failed" queue
has "clean 1200 infected 34" outcomes; lacks "pua" "outcomes that never were"
has "helo     {tls_version} {cipher}" macros; has "rcpt     none" macros; lacks "warning" good
same "$(cat "$sock.asked")" '{"command":"status"}' "the question"
ctl status --json; exits 0 json; silent json
printf '%s' "$out" | perl -MJSON::PP -e 'local $/; $o = decode_json(<STDIN>); exit !($o->{running} && $o->{exit} == 0 && $o->{front}{messages} == 1234 && !@{$o->{notes}})'; say $? "json has the daemon's answer and the judgement"
on_terminal 60 "$CTL -c /dev/null -o control_socket=$sock status"
out=$(cat "$T/tty"); has "$(printf '\033')" "colour on a terminal"

edit '$s->{generation}{engine}{db_time} = $now - 4 * 86400'; ctl status; exits 1 "old signatures"; has "warning: the signatures are 4 d 0 h old" "old signatures"
edit '$s->{generation}{engine}{db_time} = $now - 2 * 86400'; ctl status; exits 0 "two days"
edit '$s->{generation}{engine}{db_time} = 0'; ctl status; exits 1 "signatures of unknown age"
edit '$s->{mode} = "observe"'; ctl status; exits 0 observe; has "note: mode is observe" observe
edit '$s->{mode} = "observe"; $s->{mode_until} = {until => "2099-01-01T00:00:00Z", by => "alice", reason => "drill \e[31m"}; $s->{exceptions} = 2'; ctl status; exits 1 "observe for a while"
has "warning: mode is observe until 2099-01-01 00:00:00" "observe for a while"; has "infected mail is delivered: drill ?[31m (alice)" "observe for a while"; has "note: 2 exceptions are in force" "observe for a while"
edit '$s->{mode_until} = {until => 7}; $s->{exceptions} = "x"'; ctl status; exits 1 "a mode of another kind"
edit '$s->{front}{connections} = 0'; ctl status; exits 1 "no MTA"; has "warning: no MTA has connected yet" "no MTA"; has "MTA         none has connected yet" "no MTA"
edit '$s->{front}{macros} = {connect => ["j"], helo => [], mail => []}'; ctl status; exits 1 "no macros"; has "TLS of its connections stays unknown" "no macros"
edit '$s->{front}{messages} = 0; $s->{front}{macros} = {}'; ctl status; exits 0 "no macros, but no message either"
edit '$s->{front}{disk}{low} = JSON::PP::true; $s->{front}{disk}{days_left} = 9'; ctl status; exits 1 "a disk that fills up"
has "the disk of /var/log/hopward will be full in 9 days" "a disk that fills up"; has ", full in 9 days, reserve whole" "days left"
edit '$s->{front}{disk}{reserve} = "lacking"'; ctl status; exits 1 "no reserve"; has "there is no reserve in /var/log/hopward" "no reserve"
edit '$s->{front}{records_failed} = 3'; ctl status; exits 1 "records failed"; has "3 records could not be written" "records failed"
edit '$s->{last_error} = "database /x: Malformed database"'; ctl status; exits 1 "last error"; has "Malformed database" "last error"
edit '$s->{warnings} = ["the clock stands still \e[31m"]'; ctl status; exits 1 "a warning of the daemon"; has "warning: the clock stands still ?[31m" "a warning of the daemon"
edit '$s->{listening} = JSON::PP::false'; ctl status; exits 2 "not listening"; has "critical: it does not listen on inet:10025@localhost" "not listening"
edit '$s->{generation} = undef; $s->{loading} = JSON::PP::true'; ctl status; exits 2 "no engine"; has "critical: no engine is ready (signatures are being loaded)" "no engine"
edit '$s->{front} = undef'; ctl status; exits 2 "no front"; has "critical: the process that talks to the MTA" "no front"
edit '$s = {version => "9"}'; ctl status; exits 2 "hardly an answer"; has "hopward 9" "hardly an answer"
edit '$s->{generation} = "x"; $s->{front}{macros} = 7; $s->{front}{mta} = [1]; $s->{warnings} = {a => 1}; $s->{uptime_ms} = -5'; ctl status; exits 2 "members of other kinds"
edit '$s->{front}{macros}{helo} = [map { "{macro_number_$_}" } 1..500]'; ctl status; exits 0 "many macros"; lacks "{macro_number_200}" "many macros"; has "and 372 more" "many macros"

# a monitor learns of the daemon although the file on disk is broken
printf 'mode = "observ";\n' >"$T/bad.conf"; answer "$T/good"
CONF=$T/bad.conf ctl status; exits 1 "a broken configuration"; errs "$T/bad.conf:1:" "a broken configuration"; has "ClamAV 1.4.6" "a broken configuration"
has "warning: the configuration on disk has errors" "a broken configuration"

# no daemon
sock=$T/none; ctl status; exits 2 "not running"; errs "hopward is not running" "not running"; errs "systemctl start hopward" "not running"
ctl status --json; exits 2 "not running, json"; has '"running":false' "not running, json"
perl -MSocket -e 'socket(S, AF_UNIX, SOCK_SEQPACKET, 0); bind(S, pack_sockaddr_un($ARGV[0]))' "$T/dead"
sock=$T/dead; ctl status; exits 2 "a dead socket"; errs "nobody listens" "a dead socket"
ctl reload; exits 69 "reload without a daemon"
answer -
ctl status; exits 2 "no answer"; errs "did not answer in time" "no answer"
if [ "$(id -u)" = 0 ]; then
	answer "$T/good"; chmod 600 "$sock"
	setpriv --reuid=65534 --regid=65534 --clear-groups "$CTL" -c /dev/null -o control_socket="$sock" status >"$T/out" 2>"$T/err"
	rc=$? out=$(cat "$T/out") err=$(cat "$T/err"); exits 2 "no right"; errs "Permission denied" "no right"; errs "member of control_group" "no right"
fi
: >"$T/x"; answer "$T/x"; ctl status; exits 2 "an empty answer"; errs "without an answer" "an empty answer"
echo nonsense >"$T/y"; answer "$T/y"; ctl status; exits 2 "no JSON"; errs "same version" "no JSON"; ctl reload; exits 76 "no JSON for reload"
head -c 5000000 /dev/zero | tr '\0' ' ' >"$T/z"; answer "$T/z"; ctl status; exits 2 "an endless answer"; errs "longer than" "an endless answer"
echo '{"ok":false,"error":"unknown command: this daemon knows status and reload"}' >"$T/u"; answer "$T/u"; ctl status; exits 2 "an older daemon"; errs "unknown command" "an older daemon"

# reload
echo '{"ok":true,"error":null}' >"$T/ok"; answer "$T/ok"
ctl reload; exits 0 reload; has reloaded reload; same "$(cat "$sock.asked")" '{"command":"reload"}' "reload's question"
ctl reload --json; exits 0 "reload, json"; same "$out" '{"ok":true,"error":null}' "reload, json"
printf '{"ok":false,"error":"/etc/hopward.conf:7: unknown key \\"modee\\"\\n\\tmodee = 1;\\n\\t^\\n/etc/hopward.conf:9: more\\n"}' >"$T/no"; answer "$T/no"
ctl reload; exits 78 "reload refused"; errs '/etc/hopward.conf:7: unknown key "modee"' "reload refused"; errs "/etc/hopward.conf:9: more" "reload refused"; errs "keeps its configuration" "reload refused"
ctl reload --json; exits 78 "reload refused, json"; has '"ok":false' "reload refused, json"
echo '{}' >"$T/e"; answer "$T/e"; ctl reload; exits 76 "an answer that says nothing"
echo done
