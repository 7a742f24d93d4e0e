# hopwardctl except and mode: what is asked of the daemon, against a stand-in for it; and the file where none runs.
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
ctl() { run -o control_socket="$sock" -o exceptions.file="$T/exceptions" "$@"; }
asked() { cat "$sock.asked"; }
in_an_hour=$(date -u -d '+1 hour' +%FT%TZ)
line="except id=7Q2K signature=Pdf.* until=$in_an_hour added=2026-01-01T00:00:00Z by=alice reason=\"every PDF\""
json_of() { perl -MJSON::PP -e 'print encode_json({ @ARGV })' "$@"; }

# add
perl -MJSON::PP -e 'print encode_json({ ok => JSON::PP::true, held => JSON::PP::true, line => $ARGV[0] })' "$line" >"$T/ok"
answer "$T/ok"
ctl except add --signature 'Pdf.*' --sender 'A@Example.ORG' --until 1h --reason 'every "PDF"'
exits 0 add; silent add; has "7Q2K    signature Pdf.*, until " add; has "every PDF (alice, 2026-01-01 00:00:00)" add
same "$(asked | head -1)" '{"command":"except-add"}' "the question"
same "$(asked | sed -n 2p | sed 's/until=[^ ]*/until=T/')" 'except id=0 signature=Pdf.* sender=a@example.org until=T reason="every \"PDF\""' "its line"
ctl except add --digest "$(printf '%064d' 7)" --until 1h --reason r --json; exits 0 json
printf '%s' "$out" | perl -MJSON::PP -e 'local $/; $o = decode_json(<STDIN>); exit !($o->{id} eq "7Q2K" && $o->{held} && $o->{state} eq "in force")'; say $? "json tells what holds"
SUDO_USER=carol ctl except add --signature X.Y --until 1h --reason r; same "$(asked | tail -1)" carol "on whose behalf"
ctl except add --sender example.org --until "$(date -d '+2 days' +%F)" --reason r; exits 0 "a day"
sed 's/true/false/' "$T/ok" | sed 's/"ok":false/"ok":true/' >"$T/unheld"
perl -MJSON::PP -e 'print encode_json({ ok => JSON::PP::true, held => JSON::PP::false, line => $ARGV[0] })' "$line" >"$T/unheld"
answer "$T/unheld"; ctl except add --signature X.Y --until 1h --reason r; exits 75 "not taken up"; errs "has not taken it up" "not taken up"
perl -MJSON::PP -e 'print encode_json({ ok => JSON::PP::false, error => "until: at most 30d" })' >"$T/no"
answer "$T/no"; ctl except add --signature X.Y --until 90d --reason r; exits 65 refused; errs "until: at most 30d" refused
ctl except remove 7Q2K; exits 65 "remove, refused"
echo '{"ok":false,"error":"unknown command: this daemon knows status and reload"}' >"$T/old"
answer "$T/old"; ctl except add --signature X.Y --until 1h --reason r; exits 76 "an older daemon"

# what is said before anybody is asked
sock=$T/nobody
ctl except add --signature X.Y --until 1h; exits 64 "no reason"; errs "why? Give --reason" "no reason"
ctl except add --signature X.Y --reason r; exits 64 "no end"; errs "Give --until" "no end"
ctl except add --until 1h --reason r; exits 64 "of nothing"; errs "Give --signature, --sender or --digest" "of nothing"
ctl except add --signature '*' --until 1h --reason r; exits 64 "all signatures"; errs "want a signature's name" "all signatures"
ctl except add --digest 12 --until 1h --reason r; exits 64 "a short digest"; errs "64 hex digits" "a short digest"
ctl except add --signature X.Y --until soon --reason r; exits 64 "a bad end"; errs 'got "soon"' "a bad end"
ctl except add --signature X.Y --until 2020-01-01 --reason r; exits 64 "a past end"; errs "is over already" "a past end"
ctl except add --signature X.Y --until 1h --reason "$(printf '%0300d' 1)"; exits 64 "a long reason"; errs "at most 200 octets" "a long reason"
ctl except add --signature X.Y --until 1h --reason $'a\nmode observe'; exits 64 "a reason of two lines"
ctl except; exits 64 "no word"; ctl except lst; exits 64 "a wrong word"; errs 'did you mean "list"' "a wrong word"
ctl except remove; exits 64 "remove which"; ctl except remove A B; exits 64 "remove two"; ctl except list x; exits 64 "list what"
ctl except remove $'A\nB'; exits 64 "an id of two lines"
ctl except --help; exits 0 help; has "usage: hopwardctl except add" help

# without a daemon
ctl except add --signature X.Y --until 1h --reason r; exits 69 "add without a daemon"; errs "hopward is not running" "add without a daemon"
ctl except remove 7Q2K; exits 69 "remove without a daemon"
ctl mode; exits 69 "mode without a daemon"; ctl mode enforce; exits 69 "enforce without a daemon"
ctl mode observe --for 1h --reason r; exits 69 "observe without a daemon"
ctl except list; exits 0 "no file"; has "no exception is in force" "no file"; errs "no daemon runs" "no file"
printf '# a comment\n%s\nexcept id=BAD\nexcept id=OLD signature=Old.* until=2020-01-01 reason=old\n# removed %s except id=GONE signature=Gone.* until=2026-12-24 by=bob reason=gone\nmode observe until=%s reason=drill\n' \
    "$line" "$(date -u +%FT%TZ)" "$in_an_hour" >"$T/exceptions"
ctl except list; exits 65 "a broken line"; errs "line 3: has no until=" "a broken line"
has "7Q2K" "the file's"; has "mode observe, until" "the file's"; lacks OLD "what is over"; lacks GONE "what is over"
ctl except list --all; has "OLD     signature Old.*, ended" all; has "GONE    signature Gone.*, removed" all
ctl except list --json; printf '%s' "$out" | perl -MJSON::PP -e 'local $/; $o = decode_json(<STDIN>); exit !(!$o->{running} && @{$o->{exceptions}} == 2 && $o->{exceptions}[0]{id} eq "7Q2K" && $o->{exceptions}[1]{mode} eq "observe")'; say $? "list as json"
printf 'except id=E signature=\033[31mX until=2099-01-01 reason="\033[2J"\nexcept id=U sender=\377.example until=2099-01-01 reason="\377"\n' >"$T/exceptions"
ctl except list; lacks "$(printf '\033')" "control octets"; ctl except list --json; printf '%s' "$out" | perl -MJSON::PP -e 'local $/; decode_json(<STDIN>)'; say $? "json of a hostile file"

# the list with a daemon is the daemon's
perl -MJSON::PP -e 'print encode_json({ ok => JSON::PP::true, file => "/x/exceptions", text => "$ARGV[0]\nwhat\n" })' "$line" >"$T/list"
answer "$T/list"; ctl except list; exits 65 "the daemon's"; has "7Q2K    signature Pdf.*, until" "the daemon's"; errs "/x/exceptions: line 2:" "the daemon's"

# mode
perl -MJSON::PP -e 'print encode_json({ ok => JSON::PP::true, held => JSON::PP::true, line => "mode observe until=$ARGV[0] by=alice reason=drill" })' "$in_an_hour" >"$T/mode"
answer "$T/mode"; ctl mode observe --for 1h --reason drill; exits 0 observe; has "mode observe until" observe; has "drill (alice)" observe
same "$(asked | sed 's/until=[^ ]*/until=T/' | head -2 | tr '\n' ' ')" '{"command":"mode-observe"} mode observe until=T reason=drill ' "observe's question"
ctl mode observe --reason r; exits 64 "how long"; ctl mode observe --for 1h; exits 64 "observe why"; errs "why? Give --reason" "observe why"
ctl mode enforce --for 1h; exits 64 "enforce for"; ctl mode monitor; exits 64 "another mode"; errs 'got "monitor"' "another mode"
echo '{"ok":true,"line":"mode enforce","held":true}' >"$T/enforce"; answer "$T/enforce"; ctl mode enforce --reason done; exits 0 enforce; has "mode enforce" enforce
same "$(asked | tr '\n' '|')" '{"command":"mode-enforce"}||done||' "enforce's question"
echo "{\"mode\":\"observe\",\"mode_until\":{\"until\":\"$in_an_hour\",\"by\":\"alice\",\"reason\":\"drill\"}}" >"$T/status"
answer "$T/status"; ctl mode; exits 0 mode; has "mode observe until" mode; has "min left): drill (alice)" mode
ctl mode --json; has '"mode":"observe"' "mode, json"; has "\"until\":\"$in_an_hour\"" "mode, json"
echo '{"mode":"observe"}' >"$T/conf"; answer "$T/conf"; ctl mode; has "mode observe, by the configuration" "mode of the configuration"
echo done
