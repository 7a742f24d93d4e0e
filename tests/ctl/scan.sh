# hopwardctl scan: outcomes, options, order, exit codes, and that nothing stays behind.
. tests/ctl/lib.sh

tests/gen-database "$T/db"
chmod 755 "$T/db"
eicar="X5O!P%@AP[4\\PZX54(P^)7CC)7}"'$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'
mail() {	# mail NAME FILENAME < content: a mail with one attachment, LF line ends
	printf 'From: a@example.org\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\n' >"$T/$1"
	printf 'Content-Type: application/octet-stream\nContent-Disposition: attachment; filename="%s"\n' "$2" >>"$T/$1"
	printf 'Content-Transfer-Encoding: base64\n\n' >>"$T/$1"
	base64 >>"$T/$1"
	printf -- '--b--\n' >>"$T/$1"
}
echo harmless | mail clean.eml note.txt
printf %s "$eicar" | mail eicar.eml evil.com
printf '\033[31m' >"$T/esc"; printf %s "$eicar" | mail esc.eml "$(cat "$T/esc")red.com"
scan() { run scan --database "$T/db" "$@"; }
# member NAME: its value in the one JSON line of the output.
member() { printf '%s\n' "$out" | perl -MJSON::PP -e 'my $o = decode_json(do { local $/; <STDIN> });
	for (split /\./, $ARGV[0]) { $o = ref $o eq "ARRAY" ? $o->[$_] : $o->{$_} } print ref $o ? encode_json($o) : $o // "null"' "$1"; }
left_over() { find /dev/shm "${TMPDIR:-/tmp}" ${XDG_RUNTIME_DIR:+"$XDG_RUNTIME_DIR"} -maxdepth 1 -name 'hopwardctl.*' 2>/dev/null | sort; }
before=$(left_over)
# nothing_left WHAT: no new scratch space; what another run has at the moment goes away by itself.
nothing_new() { [ -z "$(comm -13 <(printf '%s\n' "$before") <(left_over))" ]; }
nothing_left() { until_true nothing_new; say $? "$1"; }

# text
scan "$T/clean.eml"; exits 0 clean; has "clean.eml: clean -> accept by mx.clean" clean
scan "$T/eicar.eml"; exits 1 infected; has "eicar.eml: infected (Eicar-Test-Signature" infected
has "reject by mx.infected" infected; has "evil.com (application/octet-stream, 68 B): infected" "the part"
lacks "hopward-scan[" "the scanner's log"
scan "$T/esc.eml"; lacks "$(printf '\033')" "a name with an escape sequence"; has "?[31mred.com" "a name with an escape sequence"
IN=$T/eicar.eml scan -; exits 1 "standard input"; has "standard input: infected" "standard input"
scan - -; exits 64 "standard input twice"
scan -o 'actions.mx.infected="watch:reject"' "$T/eicar.eml"; exits 1 watched
has "accept by" watched; has "would reject by mx.infected" watched
scan -o mode=observe "$T/eicar.eml"; exits 1 observe; has "accept" observe; has "would reject" observe

# explain
scan --explain --from a@example.org --to b@example.com --to c@example.net --helo h --queue-id 4XyZ "$T/eicar.eml"; exits 1 explain
has "class    mx (default)" explain; has "reply    550 5.7.1" explain; has "(ref " explain
has "application/octet-stream, really CL_TYPE_TEXT_ASCII, 68 B, decoded by base64, sha256 275a021bbfb6" explain; has "rule     mx.infected (actions.mx.infected) -> reject" explain
has "-> reject by mx.infected" "the rule of the part"; has "TLS      unknown (not-offered)" explain
scan --explain "$T/clean.eml"; has "X-Virus-Status: Clean" "headers of clean mail"
scan --explain --local "$T/clean.eml"; has "class    local (simulated events)" "--local"
scan --explain --auth bob "$T/clean.eml"; has "class    submission (auth_type)" "--auth"
scan --explain -o 'classes.submission_daemons=["MSA"]' --daemon MSA "$T/clean.eml"; [ "$rc" = 0 ] && has "class    submission (daemon_name)" "--daemon"
scan --explain --client 192.0.2.7,mx.example.org --tls TLSv1.3,TLS_AES_256_GCM_SHA384,256 "$T/clean.eml"
has "TLS      yes TLSv1.3 TLS_AES_256_GCM_SHA384" "--tls"; has "x-tls=pass" "--tls"
scan --explain --tls none "$T/clean.eml"; has "TLS      no" "--tls none"
scan -o profiles="$PWD/conf/profiles" --explain --tls TLSv1.2,AES128-SHA,128 "$T/clean.eml"; has "TLS      yes TLSv1.2 AES128-SHA: legacy by uk_gov/" "its grade"
scan -o profiles="$PWD/conf/profiles" --json --tls TLSv1.2,AES128-SHA,128 "$T/clean.eml"; has '"grade":"legacy"' "its grade as JSON"; has '"partners":[]' "no partner"
scan -o profile= --json --tls TLSv1.2,AES128-SHA,128 "$T/clean.eml"; has '"grade":null' "no profile"
printf 'partners = ( { name = "bank"; domains = [ "bank.example" ]; networks = "192.0.2.0/24"; action = "watch:reject"; } );\n' >"$T/partner.conf"
scan -c "$T/partner.conf" --explain --client 192.0.2.7 --from a@bank.example --tls none "$T/clean.eml"; has "partner  bank, confirmed by network: no-tls -> accept, would reject were it not watched" "a partner"
scan -c "$T/partner.conf" --json --client 198.51.100.7 --from a@bank.example --tls none "$T/clean.eml"; has '"partners":[{"name":"bank","confirmed":"unconfirmed","state":"no-tls"' "a partner as JSON"
scan --tls TLSv1.3 "$T/clean.eml"; exits 64 "--tls cut"; errs "VERSION,CIPHER,BITS" "--tls cut"
scan --client nowhere "$T/clean.eml"; exits 64 "--client no address"
scan --local --client 192.0.2.7 "$T/clean.eml"; exits 64 "--local with --client"

# JSON
scan --json "$T/eicar.eml"; exits 1 json; silent json
same "$(member outcome)" infected "json outcome"; same "$(member action)" reject "json action"
same "$(member rule)" mx.infected "json rule"; same "$(member parts.2.outcome)" infected "json part"
same "$(member parts.2.path)" 2 "json path"; same "$(member parts.2.name)" evil.com "json name"
same "$(member parts.2.size)" 68 "json size"; same "$(member parts.2.type)" application/octet-stream "json type"
same "$(member parts.2.sha256)" 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f "json sha256"
same "$(member mime.ambiguity)" none "json ambiguity"; same "$(member mime.reasons)" "[]" "json reasons"
same "$(member reply.code)" 550 "json reply"; same "$(member class)" mx "json class"
scan "$T/clean.eml" --json; same "$(member signature)" null "json of clean mail"; same "$(member file)" "$T/clean.eml" "json file"

# many files: one engine, the arguments' order
files=() want=
for i in $(seq 60); do
	if [ $((i % 3)) = 0 ]; then f=eicar.eml w=infected; else f=clean.eml w=clean; fi
	cp "$T/$f" "$T/many-$i"; files+=("$T/many-$i"); want="$want$T/many-$i:$w "
done
head -c 3000000 /dev/zero | mail "many-1" zeros.bin	# the first is slow and goes to the other queue
scan --json "${files[@]}"; exits 1 many
got=$(printf '%s\n' "$out" | perl -MJSON::PP -ne '$o = decode_json($_); print "$o->{file}:$o->{outcome} "')
same "$got" "$want" "order of 60 files"

# errors
scan "$T/clean.eml" "$T/nix.eml" "$T/eicar.eml"; exits 66 "a missing file"; errs "nix.eml: No such file" "a missing file"
has "eicar.eml: infected" "files after a missing one"
scan --json "$T/nix.eml"; exits 66 "a missing file, json"; same "$(member error)" "No such file or directory" "a missing file, json"
run scan --database "$T/nix" "$T/clean.eml"; exits 66 "--database missing"
mkdir "$T/empty"
run scan --database "$T/empty" "$T/clean.eml"; exits 69 "no signatures"; errs "freshclam(1)" "no signatures"
mkdir "$T/corrupt"; echo 'x;;;' >"$T/corrupt/x.ndb"
run scan --database "$T/corrupt" "$T/clean.eml"; exits 69 "a corrupt database"; errs "Malformed database" "a corrupt database"
run -o clamav.DatabaseDirectory="$T/db" scan "$T/eicar.eml"; exits 1 "the configuration's database"
: >"$T/void.eml"; scan "$T/void.eml"; exits 0 "an empty file"
scan -o 'spool.message="64KB"' "$T/many-1"; exits 1 "beyond spool.message"; has "limit (spool.message)" "beyond spool.message"
nothing_left "scratch space after errors"
"$CTL" -c /dev/null scan --database "$T/db" "$T/clean.eml" >/dev/full 2>"$T/err" </dev/null
rc=$? err=$(cat "$T/err"); exits 74 "output on a full disk"; errs "No space left" "output on a full disk"
nothing_left "scratch space after that"

# a scanner that dies, stays, or is not there: one message's fate, not the others'
hooked() { sed "s|@HOOK@|$1|; s|@REAL@|$B/hopward-scan|" tests/ctl/hooked-scan >"$T/hooked"; chmod 755 "$T/hooked"; }
echo x | mail victim.eml victim
hooked abort:victim
scan -o scanner.path="$T/hooked" "$T/clean.eml" "$T/victim.eml" "$T/eicar.eml"; exits 1 "a worker aborts"
has "clean.eml: clean" "a worker aborts"; has "victim.eml: crash (signal 6)" "a worker aborts"; has "eicar.eml: infected" "a worker aborts"
has "victim.eml: crash (signal 6) -> tempfail by mx.crash" "a worker aborts"
scan -o scanner.path="$T/hooked" $(for i in $(seq 12); do echo "$T/victim.eml"; done) "$T/clean.eml"; exits 1 "crashes without end"
same "$(printf '%s\n' "$out" | grep -c 'crash (signal 6)')" 12 "twelve crashes"; has "clean.eml: clean" "after twelve crashes"
hooked exit:victim
scan -o scanner.path="$T/hooked" "$T/victim.eml" "$T/clean.eml"; has "victim.eml: crash (exit" "a worker exits"; has "clean.eml: clean" "a worker exits"
hooked stop:victim
scan -o scanner.path="$T/hooked" -o 'scanner.timeout="1s"' "$T/victim.eml" "$T/clean.eml"; exits 1 "a worker hangs"
has "victim.eml: timeout (deadline)" "a worker hangs"; has "clean.eml: clean" "a worker hangs"
printf '#!/bin/sh\nexit 3\n' >"$T/hooked"
scan -o scanner.path="$T/hooked" "$T/clean.eml"; exits 69 "a scanner that ends at once"
nothing_left "scratch space after deaths"

# an interrupt ends all of it
hooked stop:victim
"$CTL" -c /dev/null -o scanner.path="$T/hooked" scan --database "$T/db" "$T/clean.eml" "$T/victim.eml" >"$T/out" 2>"$T/err" &
pid=$!
until_true grep -q clean "$T/out"; say $? "the first is printed while the second is scanned"
scanner=$(pgrep -P "$pid")
kill -TERM "$pid"; wait "$pid"; rc=$?
exits 143 "SIGTERM"
nothing_left "scratch space after SIGTERM"
until_true eval '! kill -0 $scanner 2>/dev/null'; say $? "its scanner is gone"

# and also while it waits for a message: a pipe that says nothing, one that has begun, a FIFO that nobody writes
mkfifo "$T/fifo"
# held COMMAND SIGNAL CODE WHAT ARG...: started, seen to wait for its input, interrupted; a background job would ignore SIGINT.
held() {
	local command=$1 signal=$2 code=$3 what=$4; shift 4
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV or die' "$CTL" -c /dev/null -o scanner.path="$B/hopward-scan" "$command" "$@" \
		<"${IN:-/dev/null}" >"$T/out" 2>"$T/err" 7>&- &
	pid=$!
	until_true reads_input; say $? "$what: it waits for input"
	scanner=$(pgrep -P "$pid")
	kill -"$signal" "$pid"
	until_true eval '! kill -0 $pid 2>/dev/null'; say $? "$what: it ends"
	kill -KILL "$pid" 2>/dev/null
	wait "$pid"; rc=$? out=$(cat "$T/out") err=$(cat "$T/err")
	exits "$code" "$what"; silent "$what"
	until_true eval '! kill -0 $scanner 2>/dev/null'; say $? "$what: its scanner is gone"
	nothing_left "$what: scratch space"
}
# Its memfd is there from the moment it reads a message, until a worker has it.
reads_input() { ls -l "/proc/$pid/fd" 2>/dev/null | grep -q memfd:hopward-message; }
exec 7<>"$T/fifo"
IN=$T/fifo held scan INT 130 "SIGINT, silent standard input" --database "$T/db" "$T/clean.eml" -
IN=$T/fifo held scan TERM 143 "SIGTERM, silent standard input" --database "$T/db" -
held scan TERM 143 "SIGTERM, a silent FIFO" --database "$T/db" "$T/fifo"
IN=$T/fifo held hops INT 130 "SIGINT, hops" -
cat "$T/eicar.eml" >&7
IN=$T/fifo held scan INT 130 "SIGINT, standard input that has begun" --database "$T/db" -
exec 7>&-
held scan INT 130 "SIGINT, a FIFO that nobody writes" --database "$T/db" "$T/fifo"
held hops TERM 143 "SIGTERM, hops of a FIFO that nobody writes" "$T/fifo"
cat "$T/eicar.eml" >"$T/fifo" &
scan "$T/fifo"; exits 1 "a FIFO with a writer"; has "fifo: infected" "a FIFO with a writer"
wait $!
scan <(cat "$T/eicar.eml"); exits 1 "a pipe by its name"; has ": infected" "a pipe by its name"

# progress: on a terminal only
on_terminal 80 "$CTL -c /dev/null scan --database $T/db $T/clean.eml $T/eicar.eml"
out=$(cat "$T/tty"); has "loading signatures" "progress on a terminal"
scan "$T/clean.eml"; same "$(printf '%s' "$err" | grep -c loading)" 0 "progress into a pipe"
echo done
