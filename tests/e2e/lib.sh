# SPDX-License-Identifier: ISC
# What every end-to-end case stands on: a private MTA, hopward, clients, records, checks.  Sourced by bash.
#
# A case is tests/e2e/cases/NAME.sh: it sources this file (which makes the
# scratch directory $T), starts what it needs, checks, and simply ends.  At the
# end all that was started is stopped; if a check failed, every log is shown.
# Nothing waits for a fixed time: wait_for looks until something is so.
#
#   B=build-san	programs with sanitizers: hopward then runs as one unprivileged
#		user throughout, since LeakSanitizer cannot look into a process
#		that changed its uid; any report fails the case.
#   MTA=sendmail	instead of Postfix.
#   KEEP=1	keeps $T.

set -u
E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$E2E/../.." && pwd)
B=${B:-build}
MTA=${MTA:-postfix}
BIN=$TOP/$B
CASE=$(basename "$0" .sh)
FRONT_UID=61951 SCAN_UID=61952
FAILED=0 CHECKS=0
HOPWARD_PID=''
export LC_ALL=C.UTF-8
san() { [ "$B" != build ] && [ -n "$(nm -D "$BIN/hopward" 2>/dev/null | grep -m1 asan_init)" ]; }

[ "$(id -u)" = 0 ] || { echo "$CASE: a private MTA needs root" >&2; exit 77; }
T=$(mktemp -d "${TMPDIR:-/tmp}/hopward-e2e.XXXXXX")
chmod 755 "$T"
mkdir "$T/log" "$T/mail" "$T/in"
chown 65534:65534 "$T/mail"

# ---- checks ----
note() { echo "  $*"; }
ok() { CHECKS=$((CHECKS + 1)); }
bad() { CHECKS=$((CHECKS + 1)); FAILED=$((FAILED + 1)); echo "  not ok: $*"; }
die() { bad "$*"; exit 1; }
# check WHAT COMMAND...: the command must succeed.
check() { local what=$1; shift; if "$@" >"$T/log/check.out" 2>&1; then ok; else bad "$what"; sed 's/^/    /' "$T/log/check.out" | tail -25; fi; }
# check_not WHAT COMMAND...: the command must fail.
check_not() { local what=$1; shift; if "$@" >"$T/log/check.out" 2>&1; then bad "$what"; sed 's/^/    /' "$T/log/check.out" | head -20; else ok; fi; }
# equal WHAT GOT WANT
equal() { if [ "$2" = "$3" ]; then ok; else bad "$1: got \"$2\", want \"$3\""; fi; }
# like WHAT GOT REGEXP (extended)
like() { if [[ $2 =~ $3 ]]; then ok; else bad "$1: got \"$2\", want /$3/"; fi; }
unlike() { if [[ $2 =~ $3 ]]; then bad "$1: got \"$2\", want no /$3/"; else ok; fi; }
# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local end=$((SECONDS + $1)); shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		perl -e 'select undef, undef, undef, 0.02'
	done
}
gone() { ! kill -0 "$1" 2>/dev/null; }
# A process is over when it is gone or only waits to be reaped.
ended() { [ ! -e "/proc/$1/stat" ] || grep -q ') Z ' "/proc/$1/stat" 2>/dev/null; }
free_port() {
	perl -MSocket -e 'for (1..200) { my $p = 20000 + int rand 12000; socket my $s, PF_INET, SOCK_STREAM, 0 or die;
	    if (bind $s, sockaddr_in($p, INADDR_LOOPBACK)) { print $p; exit } } exit 1'
}
# listens PORT: without making a connection
listens() { grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") 00000000:0000 0A " /proc/net/tcp; }
listens_unix() { grep -q " 00010000 .* $1\$" /proc/net/unix; }

# ---- end of a case ----
dump_logs() {
	local f
	for f in "$T"/log/*; do
		[ -s "$f" ] || continue
		echo "  ---- ${f##*/} (last 60 lines)"
		tail -60 "$f" | cut -c1-400 | sed 's/^/  | /'
	done
	for f in "$T"/records/*.jsonl; do
		[ -s "$f" ] || continue
		echo "  ---- ${f##*/} (last 10 lines)"
		tail -10 "$f" | cut -c1-1500 | sed 's/^/  | /'
	done
}
finish() {
	local rc=$?
	trap - EXIT INT TERM
	stop_hopward
	stop_mta
	[ $rc = 0 ] || [ $FAILED -gt 0 ] || bad "ended with $rc"
	sanitizer_reports
	no_leaks
	[ $CHECKS -gt 0 ] || bad "checked nothing"
	[ $FAILED = 0 ] || dump_logs
	if [ -n "${KEEP:-}" ]; then note "kept $T"; else rm -rf "$T"; fi
	exit $((FAILED > 0))
}
trap finish EXIT
trap 'exit 130' INT TERM
sanitizer_reports() {
	local hits
	hits=$(grep -l -s -E 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$T"/log/*)
	[ -z "$hits" ] || bad "sanitizer report in ${hits//$T\/log\//}"
}

# ---- what is left of people ----
# Words that compose and the cases plant in every message, and addresses of the clients' transcripts: none of them may be in
# what hopward wrote: records, log, status, state, scratch, anything left behind; nor in a reply.  The MTA's own
# files, the mail itself and what a case asked hopwardctl to show are not looked at.  A case whose configuration or question
# names addresses says so: LEAKS_KNOWN='regexp of lines'.
PLANTED='\b(alice|bob|carol)\b|planted-'
# leaks: lines with what must not be there
leaks() {
	local f words
	words=$(grep -hoiE '(MAIL FROM|RCPT TO):<[^>@]{3,}@' "$T"/log/*.smtp 2>/dev/null | sed 's/.*<//; s/[][\.*^$+?(){}|/]/\\&/g' | sort -u | head -200 | paste -sd'|')
	{
		find "$T" \( -path "$T/mail" -o -path "$T/in" -o -path "$T/queue" -o -path "$T/data" -o -path "$T/postfix" -o -path "$T/sendmail" -o -path "$T/chain" \
		    -o -path "$T/db" -o -path "$T/log" \) -prune -o -type f ! -name 'hopward.conf*' ! -name 'sasldb*' -print
		find "$T/log" -type f \( -name 'hopward*' -o -name status \)
	} | while read -r f; do grep -HaiE -- "$PLANTED${words:+|$words}" "$f"; done
	# Postfix puts an address of its own in front of some
	for f in "$T"/log/*.smtp; do
		[ -f "$f" ] && sed -n 's/^<[-~*]*[ *]* *\([0-9][0-9][0-9][ -]\)/\1/p' "$f" | sed 's/<[^>]*>\( *\.\.\.\|:\)//' | grep -HaiE --label="$f" -- "$PLANTED${words:+|$words}"
	done
}
no_leaks() {
	local hits
	hits=$(leaks | { if [ -n "${LEAKS_KNOWN:-}" ]; then grep -vE -- "$LEAKS_KNOWN"; else cat; fi; } | sed "s|^$T/||" | cut -c1-300)
	if [ -z "$hits" ]; then ok; else bad "planted words in what hopward wrote:"; printf '%s\n' "$hits" | head -10 | sed 's/^/    /'; fi
}

# ---- the MTA ----
# What each of them brings: start_mta, stop_mta, local_sendmail, queued, held, release, queue_run, queue_id, $MTA_TAKEN.
# make_certificate DIR NAME SUBJECT [openssl req options]: DIR/NAME.pem, DIR/NAME.key
make_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -utf8 -subj "$3" \
	    -keyout "$1/$2.key" -out "$1/$2.pem" "${@:4}" 2>>"$T/log/openssl" || die "no certificate for $3"
	chmod 600 "$1/$2.key"
}
# mta_certificates DIR: the gateway's, and of the authority whose clients it trusts (clients.pem)
mta_certificates() {
	make_certificate "$1" cert /CN=gate.example.test
	make_certificate "$1" clients '/O=Partner Trust (Test)/CN=Clients & <Sons> CA'
}
# make_sasl CONF OWNER: configuration for Cyrus SASL, with a database in which "alice" has the password "sesame".
make_sasl() {
	printf 'pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: %s\nmech_list: PLAIN LOGIN\n' "$T/sasldb2" >"$1"
	perl -MDB_File -e 'umask 077; tie my %h, "DB_File", shift, O_RDWR | O_CREAT, 0600, $DB_HASH or die $!;
	    $h{join "\0", "alice", "gate.example.test", "userPassword"} = "sesame"' "$T/sasldb2" && chown "$2" "$T/sasldb2" || die "no SASL database"
}
. "$E2E/$MTA/mta.sh" || exit 1

# ---- hopward ----
# Where the MTA finds it (in Postfix' spelling); a case may set MILTER and HOPWARD_SOCKET itself.
set_milter() {
	MILTER_PORT=$(free_port) || die "no free port"
	MILTER=inet:127.0.0.1:$MILTER_PORT
	HOPWARD_SOCKET=$MILTER
}
# A configuration in $T/hopward.conf; the text of $1 is appended.
write_conf() {
	[ -n "${HOPWARD_SOCKET:-}" ] || set_milter
	cat >"$T/hopward.conf" <<-EOF
	socket = "$HOPWARD_SOCKET";
	gateway = "gate.example.test";
	profiles = "$TOP/conf/profiles";
	user = "$FRONT_UID";
	control_socket = "$T/run/control";
	scanner: { user = "$SCAN_UID"; path = "$BIN/hopward-scan"; scratch = "$T/scratch"; };
	clamav: { DatabaseDirectory = "$T/db"; };
	records: { directory = "$T/records"; keys = "$T/key/pseudonyms"; };
	seal: { directory = "$T/key/seal"; };
	downgrade: { file = "$T/key/peers"; };
	${1:-}
	EOF
}
make_dirs() {
	local owner=$FRONT_UID
	[ -d "$T/db" ] || make_database "$T/db"
	san && owner=$FRONT_UID
	install -d -o $owner -g $owner -m 750 "$T/records" "$T/key"
	if san; then
		install -d -o $owner -g $owner -m 755 "$T/run" "$T/scratch"
		sed -i "s/\"$SCAN_UID\"/\"$FRONT_UID\"/" "$T/hopward.conf"
	else
		install -d -m 755 "$T/run" "$T/scratch"
	fi
}
# A few signatures, EICAR's among them.
make_database() { mkdir -p "$1" && if [ -x "$TOP/tests/gen-database" ]; then "$TOP/tests/gen-database" "$1" >"$T/log/gen-database" 2>&1; else echo 44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-Signature >"$1/test.hdb"; fi || die "no signature database"; chmod 755 "$1"; }
# as_hopward COMMAND...: root, or with sanitizers the one unprivileged user
as_hopward() { (as_hopward_exec "$@"); }
as_hopward_exec() {
	if san; then
		export UBSAN_OPTIONS=print_stacktrace=1
		exec setpriv --reuid=$FRONT_UID --regid=$FRONT_UID --clear-groups "$@"
	fi
	exec "$@"
}
# run_hopward ARGS...: in the background, log in $T/log/hopward
run_hopward() {
	[ -f "$T/hopward.conf" ] || write_conf
	make_dirs
	as_hopward_exec "$BIN/hopward" -f -c "$T/hopward.conf" "$@" >>"$T/log/hopward" 2>&1 &
	HOPWARD_PID=$!
}
hopward_listens() {
	[ -e "/proc/$HOPWARD_PID" ] || return 0	# it died: no use in waiting on
	if [ -n "${MILTER_PORT:-}" ]; then listens "$MILTER_PORT"; else listens_unix "$HOPWARD_UNIX"; fi
}
start_hopward() {
	run_hopward "$@"
	wait_for 30 hopward_listens || die "hopward does not listen"
	ended "$HOPWARD_PID" && die "hopward does not start"
	return 0
}
# hopward_signal SIGNAL: to the parent
hopward_signal() { kill "-$1" "$HOPWARD_PID"; }
stop_hopward() {
	local rc
	[ -n "$HOPWARD_PID" ] || return 0
	kill "$HOPWARD_PID" 2>/dev/null
	wait_for 60 ended "$HOPWARD_PID" || { bad "hopward does not stop"; kill -9 "$HOPWARD_PID"; }
	wait "$HOPWARD_PID" 2>/dev/null
	HOPWARD_EXIT=$?
	HOPWARD_PID=
	[ $HOPWARD_EXIT = "${WANT_EXIT:-0}" ] || bad "hopward ended with $HOPWARD_EXIT, want ${WANT_EXIT:-0}"
}
ctl() { as_hopward "$BIN/hopwardctl" -c "$T/hopward.conf" "$@"; }
# children PID: of a process
children() { cat /proc/"$1"/task/*/children 2>/dev/null; }
# Processes below hopward whose program is $1, one a line.
processes() {
	local p todo next
	todo=$(children "$HOPWARD_PID")
	while [ -n "$todo" ]; do
		next=
		for p in $todo; do
			[ "$(basename "$(readlink "/proc/$p/exe" 2>/dev/null)")" = "$1" ] && echo "$p"
			next="$next $(children "$p")"
		done
		todo=${next# }
		[ -n "${todo// /}" ] || break
	done
}
front_pid() { processes hopward | head -1; }
scan_main_pid() { children "$HOPWARD_PID" | tr ' ' '\n' | while read -r p; do
	[ "$(basename "$(readlink "/proc/$p/exe" 2>/dev/null)")" = hopward-scan ] && echo "$p"; done | tail -1; }
# status FIELD: of `hopwardctl status`
status() { ctl status --json 2>"$T/log/status" | field "$1"; }
engine_ready() { [ "$(status generation.ready)" = true ]; }
generation() { status generation.number; }
generation_after() { local g; g=$(generation); [ "$g" != - ] && [ "$g" -gt "$1" ] && engine_ready; }
wait_engine() { wait_for "${1:-60}" engine_ready || die "no engine after ${1:-60} s"; }
# A worker that holds a message, stopped the moment it is seen (in WORKER).
busy_worker() {
	local p fd
	for p in $(children "$(scan_main_pid)"); do
		for fd in /proc/"$p"/fd/*; do
			case $(readlink "$fd") in */memfd:hopward-message*) kill -STOP "$p" && WORKER=$p && return 0 ;; esac
		done
	done
	return 1
}

# ---- mail ----
# The EICAR test file, put together here so that no scanner stops at this repository.
eicar() { printf '%s%s' 'X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS' '-TEST-FILE!$H+H*'; }
# zip_of OUT NAME [zip options]: a zip with standard input as member NAME
zip_of() {
	local out=$1 name=$2 d; shift 2
	d=$(mktemp -d "$T/in/zip.XXXXXX")
	cat >"$d/$name"
	rm -f "$out"
	(cd "$d" && zip -q -X "$@" "$out" "$name") || die "zip"
	rm -rf "$d"
}
# compose OUT [attachment FILE NAME TYPE]...: a whole message with CRLF, as multipart
compose() {
	local out=$1 n=0; shift
	{
		printf 'From: planted-name <%s>\nTo: <%s>\nSubject: %s\nDate: Mon, 01 Jan 2024 00:00:00 +0000\nMessage-ID: <%s@sender.test>\nMIME-Version: 1.0\n' \
		    "${FROM:-alice@sender.test}" "${TO:-bob@example.test}" "${SUBJECT:-planted-subject of $CASE}" "$CASE.$(basename "$out").$RANDOM"
		printf '%s' "${HEADERS:-}"
		if [ $# = 0 ]; then
			printf 'Content-Type: text/plain; charset=utf-8\n\n%s\n' "${BODY:-A plain message. planted-text}"
		else
			printf 'Content-Type: multipart/mixed; boundary="=_b"\n\n--=_b\nContent-Type: text/plain\n\n%s\n' "${BODY:-See the attachment. planted-text}"
			while [ $# -ge 3 ]; do
				printf '\n--=_b\nContent-Type: %s; name="%s"\nContent-Disposition: attachment; filename="%s"\nContent-Transfer-Encoding: base64\n\n' "$3" "$2" "$2"
				base64 "$1"
				shift 3
			done
			printf '\n--=_b--\n'
		fi
	} | sed 's/$/\r/' >"$out"
}
# big_message OUT OCTETS: noise that does not compress, base64
big_message() {
	perl -e '$n = shift; srand 7; while ($n > 0) { $c = $n > 65536 ? 65536 : $n; print pack "L*", map { int rand 4294967296 } 1 .. $c / 4; $n -= $c }' \
	    $(($2 * 3 / 4)) >"$T/in/noise"
	compose "$1" "$T/in/noise" noise.bin application/octet-stream
	rm -f "$T/in/noise"
}
# send NAME MESSAGE [swaks options]: sets REPLY to the answer to the message, transcript in $T/log/NAME.smtp
send() {
	local name=$1 message=$2; shift 2
	swaks --server 127.0.0.1 --port "${PORT:-$SMTP}" --helo client.sender.test --timeout 120 \
	    --from "${FROM:-alice@sender.test}" --to "${TO:-bob@example.test}" \
	    --data "@$message" --suppress-data "$@" >"$T/log/$name.smtp" 2>&1
	REPLY=$(final_reply "$T/log/$name.smtp")
}
# The last reply before QUIT went out: of the message, or of what was refused before it.
final_reply() {
	sed 's/\r$//' "$1" | awk '/^ ?~?-?> QUIT/ || /^ [-~]> QUIT/ { exit } /^<[-~*]*[ *]*[0-9][0-9][0-9] / { sub(/^[^0-9]*/, ""); r = $0 } END { print r }'
}
# client ARGS...: tests/e2e/smtp.pl on the private MTA
client() { "$E2E/smtp.pl" "$1" "${PORT:-$SMTP}" "${@:2}"; }
# delivered N: at least N messages are in the mailbox
delivered() { [ "$(find "$T/mail/inbox/new" -type f 2>/dev/null | wc -l)" -ge "$1" ]; }
inbox() { find "$T/mail/inbox/new" -type f 2>/dev/null; }
# mail_with TEXT: the file in the mailbox that holds it
mail_with() { grep -l -r -F -- "$1" "$T/mail/inbox/new" 2>/dev/null | head -1; }
headers() { sed 's/\r$//' "$1" | sed '/^$/q'; }
# header FILE NAME: its values, unfolded, one a line
header() { headers "$1" | perl -0pe 's/\n[ \t]+/ /g' | sed -n "s/^$2: *//Ip"; }

# ---- records ----
# records, events: the objects of the one kind, oldest first, one a line
# (within a string of JSON the quotes would be escaped).
of_type() { cat "$T"/records/mail-*.jsonl 2>/dev/null | grep -F "\"type\":\"$1\","; }
records() { of_type message; }
events() { of_type event; }
event_named() { events | grep -q "\"event\":\"$1\""; }
record_count() { records | wc -l; }
has_records() { [ "$(record_count)" -ge "$1" ]; }
# field PATH: of the JSON object on standard input; "a.b.0"; "-" if absent
field() {
	perl -MJSON::PP -e 'my $d = decode_json(scalar <STDIN>); for (split /\./, shift) {
	    $d = ref $d eq "HASH" ? $d->{$_} : ref $d eq "ARRAY" ? $d->[$_] : undef }
	    print !defined $d ? "-" : ref $d && !JSON::PP::is_bool($d) ? JSON::PP->new->canonical->encode($d) : JSON::PP::is_bool($d) ? ($d ? "true" : "false") : $d' "$1"
}
# last FIELD: of the newest message record
last() { records | tail -1 | field "$1"; }
# nth N FIELD: of the Nth (from 1)
nth() { records | sed -n "${1}p" | field "$2"; }
