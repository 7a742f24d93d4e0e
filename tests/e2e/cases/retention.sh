# SPDX-License-Identifier: ISC
# Days get old: compressed, then expired with an event first, seals and totals staying; log, explain, status and verify read on.
. "$(dirname "$0")/../lib.sh"

write_conf 'seal: { directory = "'"$T"'/key/seal"; epoch = "1s"; };'
sed -i '0,/^seal: /{/^seal: /d}' "$T/hopward.conf"
sed -i 's|^records: {|& reserve = "1MB"; warn_free = "0";|' "$T/hopward.conf"
day_before() { date -u -d "$1 days ago" +%F; }
today() { date -u +%F; }
# aged N: what was recorded becomes that of N days ago, while nobody runs
aged() { local f; for f in "$T"/records/mail-$(today).jsonl; do mv "$f" "$T/records/mail-$(day_before "$1").jsonl"; done; }
names() { (cd "$T/records" && ls -A); }
round_over() { [ "$(status front.disk.reserve)" = whole ]; }
seals() { cat "$T"/records/mail-*.jsonl 2>/dev/null | grep -cF '"type":"seal",'; }

start_mta
ids=()
for n in 7 5 3; do
	start_hopward
	wait_engine
	compose "$T/in/m"
	send "day-$n" "$T/in/m"
	like "the mail of $n days ago" "$REPLY" '^250 '
	ids+=("$(grep -hF '"type":"message",' "$T/records/mail-$(today).jsonl" | tail -1 | field queue_id)")
	stop_hopward
	aged $n
done
old=$(day_before 200)
# the first day was compressed meanwhile, and expires as it is
mv "$T/records/mail-$(day_before 7).jsonl.zst" "$T/records/mail-$old.jsonl.zst" || bad "got $(names), want the oldest day compressed"
five=$(day_before 5) three=$(day_before 3)
chmod 666 "$T/records/mail-$five.jsonl"
printf torn >"$T/records/.mail-$five.jsonl.zst.new"

start_hopward
wait_engine
wait_for 20 round_over || bad "the keeper has no round: $(status front.disk)"
like "the old day is gone" "$(names | grep -c "mail-$old.jsonl")" '^0$'
check "its seals stay" grep -q '"type":"seal"' "$T/records/mail-$old.seals.jsonl"
check_not "nothing else stays" grep -vq '"type":"seal' "$T/records/mail-$old.seals.jsonl"
check "its totals stay" grep -q "\"day\":\"$old\".*\"messages\":1.*\"outcomes\":{\"clean\":1}" "$T/records/totals-${old%%-*}.jsonl"
like "the event names the day" "$(events | grep '"event":"expire"')" "\"from\":\"$old\",\"to\":\"$old\",\"days\":\"1\".*\"seq\":\"1-[0-9]+\""
check "the settings are in the totals" grep -q '"events":{.*"retention":1' "$T/records/totals-${old%%-*}.jsonl"
like "the closed day" "$(names | grep "mail-$five.jsonl")" "^mail-$five.jsonl.zst$"
equal "its mode, that was 666" "$(stat -c %a "$T/records/mail-$five.jsonl.zst")" 640
# the newest seal that is proved by a file may be in it
like "the newest file before today's" "$(names | grep -c "mail-$three.jsonl")" '^1$'
check_not "nothing half done is left" grep -q '\.new$' <(names)
check "mended modes are said" grep -q "mode or group of 1 files of .mail. was wrong and is mended" "$T/log/hopward"

ctl log --json >"$T/log/ctl" 2>&1 || bad "log: $(cat "$T/log/ctl")"
check "log reads the compressed day" grep -q "\"queue_id\":\"${ids[1]}\"" "$T/log/ctl"
check_not "log has the expired day no more" grep -q "\"queue_id\":\"${ids[0]}\"" "$T/log/ctl"
ctl explain "${ids[1]}" >"$T/log/explain" 2>&1 || bad "explain: $(cat "$T/log/explain")"
check "explain reads it, too" grep -q "${ids[1]}" "$T/log/explain"
check_not "explain finds the expired message" ctl explain "${ids[0]}"
ctl status >"$T/log/status.text" 2>&1
check "status: how old, how long" grep -q 'the oldest .*kept for' "$T/log/status.text"
check "status: the disk" grep -q 'free of .*reserve whole' "$T/log/status.text"

# the next day's round takes what was left, the seal of today being there
wait_for 20 eval '[ "$(seals)" -ge 1 ]' || bad "no seal in today's file"
stop_hopward
start_hopward
wait_engine
wait_for 20 round_over || bad "no second round"
like "the day before" "$(names | grep "mail-$three.jsonl")" "^mail-$three.jsonl.zst$"
equal "one event of expiry" "$(zstd -qdc "$T"/records/mail-*.zst | cat - "$T"/records/mail-*.jsonl | grep -c '"event":"expire"')" 1
stop_hopward
if ctl verify --help >/dev/null 2>&1; then
	ctl verify --stream mail "$T/records" >"$T/log/verify" 2>&1 || bad "verify: $(tail -20 "$T/log/verify")"
fi
