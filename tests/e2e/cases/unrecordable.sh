# What cannot be recorded is not accepted; when the disk has room again, mail passes, and no line is torn.
. "$(dirname "$0")/../lib.sh"
write_conf
mkdir "$T/records"
mount -t tmpfs -o size=1m,mode=755 hopward-test "$T/records" || die "no tmpfs can be mounted"
trap 'umount -l "$T/records"; finish' EXIT
start_hopward
start_mta
compose "$T/in/a"
send a "$T/in/a"
like "before" "$REPLY" '^250 '
dd if=/dev/zero of="$T/records/filler" bs=4k 2>/dev/null
# What is left of the file's last page may hold a record or more.
until_refused() { send b "$T/in/a"; [[ $REPLY == 451* ]]; }
check "full: refused" wait_for 60 until_refused
like "reply" "$REPLY" '^451 4\.3\.0 '
check "counted" [ "$(status front.records_failed)" -gt 0 ]
n=$(record_count)
send c "$T/in/a"
like "refused again" "$REPLY" '^451 '
rm "$T/records/filler"
send d "$T/in/a"
like "room again" "$REPLY" '^250 '
equal "records" "$(record_count)" $((n + 1))
check "each line is whole JSON, numbered without a gap" perl -MJSON::PP -e 'my $n; while (<>) { my $s = decode_json($_)->{seq}; die "$s after $n" if defined $n && $s != $n + 1; $n = $s }' "$T"/records/mail-*.jsonl
stop_hopward
cp -r "$T/records" "$T/kept"
