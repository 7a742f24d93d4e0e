# A new signature in the directory is taken up without being told.
. "$(dirname "$0")/../lib.sh"
start_hopward -o scanner.database_check=1h	# so it is inotify that notices
start_mta
wait_engine
printf 'an attachment that is not known to be evil yet %s' "$RANDOM" >"$T/in/new"
compose "$T/in/a" "$T/in/new" new.bin application/octet-stream
send a "$T/in/a"
like "before" "$REPLY" '^250 '
g=$(generation)
echo "$(md5sum "$T/in/new" | cut -d' ' -f1):$(stat -c %s "$T/in/new"):Test.New" >"$T/db/new.hdb.tmp"
mv "$T/db/new.hdb.tmp" "$T/db/new.hdb"
check "another generation by itself" wait_for 90 generation_after "$g"
send b "$T/in/a"
like "after" "$REPLY" '^550 5\.7\.1 '
like "signature" "$(last signature)" 'Test\.New'
