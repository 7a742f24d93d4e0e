# Fields under hopward's own names that come from outside go, all of them; what others wrote stays.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
HEADERS=$(
	for i in 1 2 3 4 5 6 7 8; do printf 'Authentication-Results: gate.example.test; x-tls=pass made-up=%d\n' $i; done
	printf 'Authentication-Results: mail.other.test;\n\tdkim=pass header.d=other.test opendkim-stays\n'
	printf 'X-Virus-Scanned: made-up at nowhere\nX-Virus-Status: Clean made-up\nx-virus-status: Clean MADE-UP\nX-Virus-Status:\n\tClean folded made-up\n'
	printf 'AUTHENTICATION-RESULTS: (comment) GATE.example.test 1; x-tls=pass made-up=9\n'
	printf 'Authentication-Results: gate.example.test.evil.test; x-tls=pass other-stays\nX\n') # the X keeps the line end
HEADERS=${HEADERS%X}
SUBJECT=fields compose "$T/in/a"
send a "$T/in/a"
like "reply" "$REPLY" '^250 '
check "delivered" wait_for 20 delivered 1
m=$(inbox)
unlike "nothing made-up is left" "$(headers "$m")" '[Mm][Aa][Dd][Ee]-[Uu][Pp]'
equal "opendkim's stays" "$(header "$m" Authentication-Results | grep -c opendkim-stays)" 1
equal "a longer name stays" "$(header "$m" Authentication-Results | grep -c other-stays)" 1
equal "X-Virus-Status" "$(header "$m" X-Virus-Status)" "Clean"
equal "X-Virus-Scanned once" "$(header "$m" X-Virus-Scanned | wc -l)" 1
equal "Authentication-Results: ours and two" "$(header "$m" Authentication-Results | wc -l)" 3
