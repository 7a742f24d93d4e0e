# Where our fields stand, how they are written, and that what was deleted takes nothing else with it.
. "$(dirname "$0")/../lib.sh"
write_conf 'headers: { subject_tag = "[not scanned]"; };'
start_hopward
start_mta
printf 'secret' | zip_of "$T/in/e.zip" secret.txt -P sesame
HEADERS=$(
	printf 'X-Virus-Status: Clean forged 1\nX-First: 1\nX-Virus-Scanned: forged\nX-Second:no space\nX-Virus-Status: Clean forged 2\n'
	printf 'X-Third:  two spaces\nX-Virus-Status: Clean forged 3\nX-Fourth: 4\n\tfolded\nX\n')
HEADERS=${HEADERS%X}
SUBJECT='Where' compose "$T/in/a" "$T/in/e.zip" secret.zip application/zip
REPLY=$(client send "$T/in/a")	# swaks would mend the lines
like "reply" "$REPLY" '^250 '
check "delivered" wait_for 20 delivered 1
m=$(inbox)
# From the MTA's own Received on; what stands above is the mailbox' (Return-Path and the like).
headers "$m" | sed -n '/^Received:/,$p' >"$T/log/headers"
# Without the folded lines, names alone.
names=$(sed -n 's/^\([!-9;-~]*\):.*/\1/p' "$T/log/headers" | tr '\n' ' ')
equal "order" "$names" "Received Authentication-Results X-Virus-Scanned X-Virus-Status From To Subject Date Message-ID MIME-Version X-First X-Second X-Third X-Fourth Content-Type "
equal "one space before our value" "$(grep -c '^X-Virus-Status: Not Scanned (encrypted)$' "$T/log/headers")" 1
equal "the same where it is folded" "$(grep -c '^Authentication-Results: gate\.example\.test;$' "$T/log/headers")" 1
equal "and its second line" "$(grep -c '^	x-tls=none$' "$T/log/headers")" 1
equal "Subject" "$(grep '^Subject:' "$T/log/headers")" "Subject: [not scanned] Where"
equal "two spaces stay" "$(grep -c '^X-Third:  two spaces$' "$T/log/headers")" 1
equal "a fold stays" "$(grep -c '^	folded$' "$T/log/headers")" 1
equal "no space stays so" "$(grep -c '^X-Second:no space$' "$T/log/headers")" 1
