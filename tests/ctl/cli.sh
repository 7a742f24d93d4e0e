# What all commands share: help, near misses, the configuration, colour.
. tests/ctl/lib.sh

run --help; exits 0 help; has "Example:" help; has "hopwardctl scan --explain" help
run --version; exits 0 version; has "hopwardctl 0" version
for c in scan hops log collect verify except mode status reload; do
	run $c --help; exits 0 "$c --help"; has "Example:" "$c --help"; has "usage: hopwardctl $c" "$c --help"
	run help $c; exits 0 "help $c"; has "usage: hopwardctl $c" "help $c"
done
run; exits 64 "no command"
run sacn x; exits 64 "unknown command"; errs 'did you mean "scan"?' "unknown command"
run xyzzy; exits 64 "nothing like it"; errs 'there is no command "xyzzy"' "nothing like it"
run help stats; errs 'did you mean "status"?' "help of a slip"
run scan --explian x; exits 64 "unknown option"; errs 'did you mean --explain?' "unknown option"
run log --oucome=clean; errs 'did you mean --outcome?' "unknown option with a value"
run log -x; exits 64 "unknown letter"; errs "there is no option -x" "unknown letter"
run log --since; exits 64 "value missing"; errs "--since needs a value" "value missing"
run log -o; exits 64 "letter's value missing"; errs "option -o needs a value" "letter's value missing"
run scan --explain=yes x; exits 64 "value too many"; errs "--explain takes no value" "value too many"
run -o mode scan x; exits 64 "-o without ="; errs "-o wants KEY=VALUE" "-o without ="
run status extra; exits 64 "status with an operand"
run reload extra; exits 64 "reload with an operand"
run scan; exits 64 "scan without a file"

CONF=$T/none run log; exits 66 "named configuration missing"; errs "$T/none: No such file" "named configuration missing"
printf 'mode = "observ";\n' >"$T/bad.conf"
CONF=$T/bad.conf run log; exits 78 "bad configuration"; errs "$T/bad.conf:1:" "bad configuration"
run -o modee=observe log; exits 78 "bad override"
run -o control_socket="$T/a" status; errs "$T/a" "override is used"
run status -o control_socket="$T/b"; errs "$T/b" "override behind the command"
run status -c "$T/none"; exits 66 "-c behind the command"

# colour: on a terminal, unless NO_COLOR; never into a pipe
printf '{"type":"event","time":"2026-11-23T12:00:00.000Z","event":"start"}\n' >"$T/e.jsonl"
run log "$T/e.jsonl"; lacks "$(printf '\033')" "pipe"
on_terminal 80 "$CTL" log "$T/e.jsonl"
out=$(cat "$T/tty"); has "$(printf '\033[1m')" "terminal"
NO_COLOR=1 on_terminal 80 "$CTL" log "$T/e.jsonl"
out=$(cat "$T/tty"); lacks "$(printf '\033[')" "NO_COLOR"; has "start" "NO_COLOR"
TERM=dumb on_terminal 80 "$CTL" log "$T/e.jsonl"
out=$(cat "$T/tty"); lacks "$(printf '\033[')" "TERM=dumb"
echo done
