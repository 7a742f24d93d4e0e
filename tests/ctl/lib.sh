# Sourced by the tests of hopwardctl: runs it, and says "ok WHAT" or "not ok WHAT" with what it got.
set -u
unset NO_COLOR COLUMNS
export LC_ALL=C.UTF-8 TZ=UTC
CTL=$B/hopwardctl

# run ARG...: hopwardctl's output in $out, errors in $err, exit code in $rc; input from /dev/null unless IN names a file.
run() {
	"$CTL" -c "${CONF:-/dev/null}" "$@" >"$T/out" 2>"$T/err" <"${IN:-/dev/null}"
	rc=$?
	out=$(cat "$T/out")
	err=$(cat "$T/err")
}
say() {		# say RESULT WHAT
	if [ "$1" = 0 ]; then
		echo "ok $2"
	else
		echo "not ok $2"
		printf '%s\n' "rc $rc" "$out" "$err" | sed 's/^/	/' | head -40
	fi
}
exits() { [ "$rc" = "$1" ]; say $? "$2: exit $1 (got $rc)"; }
has() { printf '%s\n' "$out" | grep -qF -- "$1"; say $? "$2: output has \"$1\""; }
lacks() { ! printf '%s\n' "$out" | grep -qF -- "$1"; say $? "$2: output lacks \"$1\""; }
errs() { printf '%s\n' "$err" | grep -qF -- "$1"; say $? "$2: errors have \"$1\""; }
silent() { [ -z "$err" ]; say $? "$1: no errors"; }
same() { if [ "$1" = "$2" ]; then say 0 "$3"; else say 1 "$3: got \"$1\", want \"$2\""; fi; }
# on_terminal WIDTH COMMAND...: its output on a terminal of that width, into $T/tty.
on_terminal() {
	local width=$1; shift
	script -qec "stty cols $width rows 24; $*" "$T/tty" >/dev/null </dev/null
}
# until COMMAND...: waits for it to be true, ten seconds at most.
until_true() {
	local n=0
	until "$@"; do
		n=$((n + 1))
		[ $n -lt 500 ] || return 1
		read -rt 0.02 <> <(:) || :
	done
}
