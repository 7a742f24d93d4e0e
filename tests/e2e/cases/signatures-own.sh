# Signature files of one's own: a broken one is named, left out and alarmed; the others, and the official ones, serve.
. "$(dirname "$0")/../lib.sh"
mkdir -p "$T/own" "$T/own2"
chmod 755 "$T/own" "$T/own2"
hex() { od -An -v -tx1 | tr -d ' \n'; }
printf 'Own.Word:0:*:%s\n' "$(printf 'ownword-in-a-text' | hex)" >"$T/own2/own.ndb"
printf 'this is :no signature at all\n:::\n' >"$T/own/broken.ndb"
write_conf "clamav: { DatabaseDirectory = \"$T/db\"; ExtraDatabases = [ \"$T/own\", \"$T/own2\" ]; };"
# The group stands once only.
sed -i '0,/^clamav:/{/^clamav:/d}' "$T/hopward.conf"
start_hopward -o scanner.database_check=1h	# so it is inotify that notices
start_mta
wait_engine
eicar >"$T/in/e"
compose "$T/in/a" "$T/in/e" e.com application/octet-stream
send a "$T/in/a"
like "EICAR" "$REPLY" '^550 5\.7\.1 '
printf 'a text with ownword-in-a-text and more' >"$T/in/o"
compose "$T/in/b" "$T/in/o" o.bin application/octet-stream
send b "$T/in/b"
like "own signature" "$REPLY" '^550 5\.7\.1 '
like "its name" "$(last signature)" 'Own\.Word'
check "event in the record" wait_for 20 event_named signatures-left-out
like "log" "$(cat "$T/log/hopward")" "signatures left out: $T/own/broken\.ndb: .*line 1.*alformed"
out=$(ctl status) && bad "status ends with 0"
like "status names the file" "$out" "$T/own/broken\.ndb"
g=$(generation)
rm "$T/own/broken.ndb"
check "without it, another generation by itself" wait_for 60 generation_after "$g"
unlike "status" "$(ctl status)" 'left out'
like "checked by -n" "$(as_hopward "$BIN/hopward" -n -c "$T/hopward.conf" -o "clamav.ExtraDatabases=$T/not-there" 2>&1)" \
    'clamav\.ExtraDatabases: .*/not-there'
